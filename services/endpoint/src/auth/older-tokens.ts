import type { Store } from '@powerbus/store'
import { ADMIN } from './login-codes.ts'
import type { TokenBook } from './token-book.ts'
import { fixedRecord, OLDER_ID, OPERATOR_ID } from './token-record.ts'
import { TTL_MAX_S } from './token-wish.ts'

const MARKER = 'auth/older-version'

/**
 * Gives users' tokens without a record, which are those of an older version, one record together. A store whose signing
 * key is new has none. Throws STORE_UNAVAILABLE.
 */
export async function adoptOlderTokens(store: Store, book: TokenBook, isKeyNew: boolean): Promise<void> {
  if (!(await store.compareAndSet(MARKER, undefined, true)) || isKeyNew) return
  const nowS = Math.floor(Date.now() / 1000)
  const fixed = { ...fixedRecord('user', ADMIN), parent: OPERATOR_ID }
  const about = { id: OLDER_ID, name: 'all tokens of an older version', madeAt: nowS, expiresAt: nowS + TTL_MAX_S }
  await book.add(() => ({ ...fixed, ...about }), nowS)
}
