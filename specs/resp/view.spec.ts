import test from 'ava';
import { CommandView } from '../../src/resp/view.ts';

test('the text of an argument that is longer than any string is its beginning', (t) => {
  const view = new CommandView();
  view.buf = new Uint8Array(2 ** 29);
  view.set(0, 0, view.buf.length);
  view.argc = 1;
  t.is(view.text(0, 128), '\0'.repeat(128));
  t.true(view.text(0).length < view.buf.length);
});
