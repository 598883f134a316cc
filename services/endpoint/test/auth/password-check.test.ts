import { scryptSync } from 'node:crypto'
import { test } from 'tap'
import type { PasswordBook, PasswordRecord } from '../../src/auth/password-book.ts'
import { PasswordCheck } from '../../src/auth/password-check.ts'
import { hashPassword, isPassword, nobodysHash, type PasswordHash } from '../../src/auth/password-hash.ts'
import { LoginLimited, PasswordWrong } from '../../src/auth/refusals.ts'

/** A hash that costs nothing. */
function cheap(password: string): PasswordHash {
  const work = { cost: 2, blockSize: 1, parallelization: 1 }
  const hash = scryptSync(password, Buffer.from('salt'), 32, work).toString('base64')
  return { ...work, salt: Buffer.from('salt').toString('base64'), hash }
}

function checkOf(passwords: Readonly<Record<string, string>>) {
  const records = new Map<string, PasswordRecord>()
  for (const [user, text] of Object.entries(passwords)) {
    records.set(user, { id: `password-${user}`, user, hash: cheap(text) })
  }
  const clock = { nowMs: 0 }
  const check = new PasswordCheck({ get: (user: string) => records.get(user) } as PasswordBook, () => clock.nowMs)
  return { check, clock, records }
}

/** How each of so many guesses ended. */
async function guess(check: PasswordCheck, count: number, address: string, user = 'ada'): Promise<string[]> {
  const ends: string[] = []
  for (let n = 0; n < count; n += 1) {
    await check.check(user, `guess ${n}`, address).catch((error: unknown) => {
      ends.push(error instanceof LoginLimited ? 'limited' : error instanceof PasswordWrong ? 'wrong' : String(error))
    })
  }
  return ends
}

test('a password of any script is hashed with scrypt, and is found again in either of its normal forms', async (t) => {
  const hash = await hashPassword('Sch\u00fcssel')
  t.match(hash, { cost: 2 ** 15, blockSize: 8, parallelization: 3 })
  t.ok(await isPassword('Schu\u0308ssel', hash))
  t.notOk(await isPassword('Schussel', hash))
})

test('the check of a user who is not there costs as much as that of a new password', (t) => {
  t.match(nobodysHash(), { cost: 2 ** 15, blockSize: 8, parallelization: 3 })
  t.equal(nobodysHash(16).cost, 16)
  t.end()
})

test('after 20 wrong passwords in a minute an address is refused, and no other one', async (t) => {
  const { check, clock } = checkOf({ ada: 'right' })
  t.same(await guess(check, 21, '::1'), [...Array(20).fill('wrong'), 'limited'])
  await t.rejects(check.check('ada', 'right', '::1'), LoginLimited)
  t.equal((await check.check('ada', 'right', '::2')).user, 'ada')
  clock.nowMs += 60_000
  t.equal((await check.check('ada', 'right', '::1')).user, 'ada')
})

test('after 100 wrong passwords from many addresses nobody is checked for a while', async (t) => {
  const { check } = checkOf({ ada: 'right' })
  for (let n = 0; n < 5; n += 1) await guess(check, 20, `::${n}`)
  await t.rejects(check.check('ada', 'right', '::9'), LoginLimited)
})

test('a right password goes on to work during a flood, for a minute after it was checked', async (t) => {
  const { check, clock } = checkOf({ ada: 'right' })
  await check.check('ada', 'right', '::1')
  await guess(check, 30, '::1')
  clock.nowMs += 59_000
  t.equal((await check.check('ada', 'right', '::1')).user, 'ada')
  clock.nowMs += 1000
  await guess(check, 20, '::1')
  await t.rejects(check.check('ada', 'right', '::1'), LoginLimited)
})

test('a changed or removed password is not remembered', async (t) => {
  const { check, records } = checkOf({ ada: 'right' })
  await check.check('ada', 'right', '::1')
  records.set('ada', { id: 'password-new', user: 'ada', hash: cheap('new one') })
  await t.rejects(check.check('ada', 'right', '::1'), { code: 'FORBIDDEN', user: 'ada' })
  await check.check('ada', 'new one', '::1')
  records.delete('ada')
  await t.rejects(check.check('ada', 'new one', '::1'), { code: 'FORBIDDEN', user: 'unknown' })
})

test('of a burst one is hashed at a time and 20 wait; the rest are refused at once', async (t) => {
  const { check } = checkOf({ ada: 'right' })
  const ends = await Promise.allSettled(
    Array.from({ length: 200 }, async (_, n) => await check.check('ada', 'right', `::${n}`)),
  )
  const limited = ends.filter((end) => end.status === 'rejected' && end.reason instanceof LoginLimited)
  t.equal(ends.filter(({ status }) => status === 'fulfilled').length, 20)
  t.equal(limited.length, 180)
})
