/**
 * Replication as the rest of the server sees it.
 *
 * @since 0.1.0
 */
export class Replication {
  isReplica = false;
}
