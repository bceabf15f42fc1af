/**
 * Who a client is: user names and passwords.
 *
 * In:  a user name and a password as clients send them (latin1). Out: whether they belong together.
 * There is one user, `default`, whose password is `requirepass`.
 *
 * @since 0.1.0
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { Client } from '../net/client.ts';
import type { Context } from './context.ts';

export const DEFAULT_USER = 'default';
export const WRONG_PASSWORD = 'WRONGPASS invalid username-password pair or user is disabled.';

const digest = (text: string): Buffer => createHash('sha256').update(text, 'latin1').digest();

/** Compares two secrets in a time that tells neither their contents nor their lengths. */
export const sameSecret = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b));

/** Whether the password is the user's. A default user without a password accepts any. */
export const isPasswordOf = (ctx: Context, user: string, password: string): boolean => {
  const { requirepass } = ctx.config;
  // Compared in any case, so that a wrong name takes as long as a wrong password.
  const matches = sameSecret(password, requirepass);
  return user === DEFAULT_USER && (requirepass === '' || matches);
};

/** Makes the client that user. */
export const logIn = (client: Client, user: string): void => {
  client.user = user;
  setAuthenticated(client, true);
};

/** Puts a client back to where a new connection begins. */
export const logOut = (ctx: Context): void => {
  ctx.client.user = DEFAULT_USER;
  setAuthenticated(ctx.client, ctx.config.requirepass === '');
};

const setAuthenticated = (client: Client, authenticated: boolean): void => {
  client.authenticated = authenticated;
  client.decoder.authenticated = authenticated;
};
