/**
 * DEBUG PROTOCOL: one reply of every kind, for the authors of client libraries.
 *
 * @since 0.1.0
 */
import type { Reply } from '../resp/reply.ts';

const UNKNOWN_TYPE =
  'ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false';
const NEEDS_RESP3 = 'ERR RESP2 is not supported by this command';

const ATTRIBUTE = new Uint8Array(Buffer.from('|1\r\n$14\r\nkey-popularity\r\n*2\r\n$7\r\nkey:123\r\n:90\r\n'));

const KINDS: Readonly<Record<string, (reply: Reply) => void>> = {
  string: (reply) => reply.bulkText('Hello World'),
  integer: (reply) => reply.integer(12345),
  // biome-ignore lint/suspicious/noApproximativeNumericConstant: it is Redis' sample, not pi
  double: (reply) => reply.double(3.141),
  bignum: (reply) => reply.bigNumber('1234567999999999999999999999999999999'),
  null: (reply) => reply.null(),
  array: (reply) => {
    reply.array(3);
    for (let i = 0; i < 3; i++) reply.integer(i);
  },
  set: (reply) => {
    reply.set(3);
    for (let i = 0; i < 3; i++) reply.integer(i);
  },
  map: (reply) => {
    reply.map(3);
    for (let i = 0; i < 3; i++) {
      reply.integer(i);
      reply.boolean(i === 1);
    }
  },
  attrib: (reply) => {
    if (reply.version === 3) reply.raw(ATTRIBUTE);
    reply.bulkText('Some real reply following the attribute');
  },
  push: (reply) => {
    if (reply.version === 2) {
      reply.error(NEEDS_RESP3);
      return;
    }
    reply.push(2);
    reply.bulkText('server-cpu-usage');
    reply.integer(42);
    reply.bulkText('Some real reply following the push reply');
  },
  verbatim: (reply) => reply.verbatim('This is a verbatim\nstring'),
  true: (reply) => reply.boolean(true),
  false: (reply) => reply.boolean(false),
};

/** Replies with a value of the named kind. */
export const replySample = (reply: Reply, kind: string): void => {
  const name = kind.toLowerCase();
  const write = Object.hasOwn(KINDS, name) ? KINDS[name] : undefined;
  if (write === undefined) reply.error(UNKNOWN_TYPE);
  else write(reply);
};
