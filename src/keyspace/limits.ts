/**
 * Up to which size a collection is kept in its packed form: the directives of the configuration, in one plain record.
 *
 * @since 0.2.0
 */
export interface EncodingLimits {
  /** `hash-max-listpack-entries` */
  hashEntries: number;
  /** `hash-max-listpack-value`, in bytes */
  hashValueBytes: number;
  /** `set-max-intset-entries` */
  intsetEntries: number;
  /** `set-max-listpack-entries` */
  setEntries: number;
  /** `set-max-listpack-value`, in bytes */
  setValueBytes: number;
  /** `zset-max-listpack-entries` */
  zsetEntries: number;
  /** `zset-max-listpack-value`, in bytes */
  zsetValueBytes: number;
  /** `list-max-listpack-size`: a number of elements, or -1 to -5 for 4 to 64 KiB */
  listSize: number;
}

export const defaultLimits = (): EncodingLimits => ({
  hashEntries: 512,
  hashValueBytes: 64,
  intsetEntries: 512,
  setEntries: 128,
  setValueBytes: 64,
  zsetEntries: 128,
  zsetValueBytes: 64,
  listSize: -2,
});
