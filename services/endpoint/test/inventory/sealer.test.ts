import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { MemoryStore } from '@powerbus/store'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import tap from 'tap'
import nacl from 'tweetnacl'
import { type Sealed, Sealer } from '../../src/inventory/sealer.ts'

const VALUE = { password: 'Über "9"', port: 623 }

async function sealerIn(scope: TestScope): Promise<{ sealer: Sealer; secretKey: Uint8Array }> {
  const folder = tempFolder(scope)
  const sealer = await Sealer.load(folder, new MemoryStore())
  return { sealer, secretKey: new Uint8Array(readFileSync(join(folder, 'secure-params.key'))) }
}

function bytes(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'))
}

function text(value: Uint8Array): string {
  return Buffer.from(value).toString('base64')
}

/** As drpcli seals. */
function sealedByNacl(publicKey: Uint8Array, value: unknown): Sealed {
  const sender = nacl.box.keyPair()
  const nonce = nacl.randomBytes(24)
  const payload = nacl.box(new TextEncoder().encode(JSON.stringify(value)), nonce, publicKey, sender.secretKey)
  return { Key: text(sender.publicKey), Nonce: text(nonce), Payload: text(payload) }
}

tap.test('a value that plain NaCl sealed opens, and plain NaCl opens a sealed value', async (t) => {
  const { sealer, secretKey } = await sealerIn(t)
  const { publicKey } = nacl.box.keyPair.fromSecretKey(secretKey)
  for (let round = 0; round < 20; round += 1) {
    t.same(sealer.open(sealedByNacl(publicKey, VALUE), 'p'), VALUE)
    const sealed = sealer.seal(VALUE)
    const opened = nacl.box.open(bytes(sealed.Payload), bytes(sealed.Nonce), bytes(sealed.Key), secretKey)
    t.same(JSON.parse(new TextDecoder().decode(opened ?? new Uint8Array())), VALUE)
  }
})

tap.test('no two seals of one value share a key or a nonce', async (t) => {
  const { sealer } = await sealerIn(t)
  const sealed = Array.from({ length: 50 }, () => sealer.seal('x'))
  t.equal(new Set(sealed.map(({ Key }) => Key)).size, 50)
  t.equal(new Set(sealed.map(({ Nonce }) => Nonce)).size, 50)
})

tap.test('seals and opens come back, whatever the collector does meanwhile', async (t) => {
  const { sealer } = await sealerIn(t)
  for (let round = 0; round < 3000; round += 1) sealer.open(sealer.seal(round), 'p')
  t.same(sealer.open(sealer.seal(VALUE), 'p'), VALUE)
})

tap.test('a value for another key, or of low order, is refused', async (t) => {
  const { sealer } = await sealerIn(t)
  const { sealer: other } = await sealerIn(t)
  t.throws(() => sealer.open(other.seal(VALUE), 'ipmi/password'), { code: 'PARAM_INVALID', message: /ipmi\/password/ })
  // With these, tweetnacl's own box opens under a key that everybody knows.
  for (const lowest of [0, 1]) {
    const Key = new Uint8Array(32)
    Key[0] = lowest
    const nonce = nacl.randomBytes(24)
    const known = nacl.box.before(Key, nacl.randomBytes(32))
    const Payload = text(nacl.secretbox(new TextEncoder().encode('"x"'), nonce, known))
    t.throws(() => sealer.open({ Key: text(Key), Nonce: text(nonce), Payload }, 'p'), { code: 'PARAM_INVALID' })
  }
})

tap.test('a value with any part changed or cut is refused, before and after the whole one was opened', async (t) => {
  const { sealer } = await sealerIn(t)
  const sealed = sealer.seal(VALUE)
  for (const wasOpened of [false, true]) {
    for (const part of ['Key', 'Nonce', 'Payload'] as const) {
      const whole = bytes(sealed[part])
      for (const at of [0, 15, whole.length - 1]) {
        const changed = Uint8Array.from(whole, (byte, index) => (index === at ? byte ^ 4 : byte))
        const tampered = { ...sealed, [part]: text(changed) }
        t.throws(() => sealer.open(tampered, 'p'), { code: 'PARAM_INVALID' }, `${part} ${at} ${wasOpened}`)
        t.throws(() => sealer.open(tampered, 'p'), { code: 'PARAM_INVALID' }, 'again')
      }
      const cut = { ...sealed, [part]: text(whole.slice(0, -1)) }
      t.throws(() => sealer.open(cut, 'p'), { code: 'PARAM_INVALID' }, `${part} cut`)
    }
    if (!wasOpened) t.same(sealer.open(sealed, 'p'), VALUE)
  }
  t.same(sealer.open(sealed, 'p'), VALUE)
})

function cpuMs(work: () => void): number {
  const start = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(start)
  return (user + system) / 1000
}

tap.test('neither seals nor first opens cost curve arithmetic in JavaScript, and second opens cost none', async (t) => {
  const { sealer } = await sealerIn(t)
  const { secretKey, publicKey } = nacl.box.keyPair()
  const times = (count: number, work: () => unknown) => {
    for (let round = 0; round < count; round += 1) work()
  }
  const seal = () => sealer.seal(VALUE)
  // Compiles what is measured below.
  times(200, () => sealer.open(seal(), 'p'))
  // The least of some rounds: a collection of garbage or a compilation may fall into any of them.
  const rounds = Array.from({ length: 5 }, () => {
    const values: Sealed[] = []
    const open = () => values.forEach((value) => void sealer.open(value, 'p'))
    return {
      plain: cpuMs(() => times(100, () => nacl.box.before(publicKey, secretKey))),
      seals: cpuMs(() => times(100, () => values.push(seal()))),
      first: cpuMs(open),
      second: cpuMs(open),
    }
  })
  const least = (name: 'plain' | 'seals' | 'first' | 'second') => Math.min(...rounds.map((round) => round[name]))
  const [plain, seals, first, second] = [least('plain'), least('seals'), least('first'), least('second')]
  t.ok(seals < plain, `100 seals: ${seals} ms, 100 agreements in JavaScript: ${plain} ms`)
  t.ok(first < plain / 2, `100 opens: ${first} ms`)
  t.ok(second < first / 2, `100 more of the same: ${second} ms, first ${first} ms`)
})
