import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliDecompressSync } from 'node:zlib'
import { builtExecutable, runProgram, tempFolder } from '@powerbus/testkit'
import { test } from 'tap'

const executables = ['bin/powerbus', 'plugins/ipmi', 'plugins/slack', 'plugins/packet-ipmi', 'plugins/virtualbox-ipmi']
const command = builtExecutable('bin/powerbus')

/** The packs of an executable: name, code cache as base64, and code as JSON. */
function packsOf(text: string): { name: string; cache: string; code: string }[] {
  return [...text.matchAll(/^\/\/@(pack-\S+) (\S*) (".*")$/gm)].map(([, name = '', cache = '', code = '']) => ({
    name,
    cache,
    code,
  }))
}

test('the build gives the packs of every executable their code caches, which the Node of the build takes', async (t) => {
  for (const name of executables) {
    const packs = packsOf(readFileSync(builtExecutable(name), 'utf8'))
    t.ok(packs.length > 0, name)
    // Of the pack of a plugin's driver there is none: its warm-up is `define`.
    const warmed = name === 'bin/powerbus' ? packs : packs.slice(0, 1)
    for (const { cache } of warmed) t.not(cache, '', `${name} has code caches`)
  }
  const hook = join(tempFolder(t), 'hook.cjs')
  writeFileSync(
    hook,
    `const vm = require('node:vm')
    vm.Script = class extends vm.Script {
      constructor(code, options) {
        super(code, options)
        console.error(options.cachedData ? 'cache refused: ' + this.cachedDataRejected : 'no cache')
      }
    }`,
  )
  const { stderr } = await runProgram(process.execPath, ['--require', hook, command, 'version'])
  const isBuiltHere = readFileSync(command, 'utf8').includes(JSON.stringify(JSON.stringify(process.versions)))
  t.equal(stderr, isBuiltHere ? 'cache refused: false\n' : 'no cache\n')
})

test('an executable runs with code caches of another Node, with damaged ones, and without', async (t) => {
  const whole = readFileSync(command, 'utf8')
  const copy = join(tempFolder(t), 'powerbus')
  const damaged = whole.replace(/^(\/\/@pack-\S+ )(\S+)/gm, (_, start, cache) => start + 'A'.repeat(cache.length))
  const otherNode = whole.replace(/\\"node\\":\\"[\d.]+\\"/, (text) => text.replace(/\d/, '9'))
  t.not(damaged, whole)
  t.not(otherNode, whole)
  for (const text of [damaged, otherNode]) {
    writeFileSync(copy, text, { mode: 0o755 })
    const { code, stdout } = await runProgram(copy, ['version'])
    t.equal(code, 0)
    t.match(stdout, /^Version: v/)
  }
})

test('powerbus bmc loads neither store nor engine nor a package but commander', async (t) => {
  const packs = packsOf(readFileSync(command, 'utf8'))
  const codes = packs.map(({ code }) => String(JSON.parse(code)))
  const own = codes.findIndex((code) => /\bIpmiClient\b/.test(code))
  // Every command, several commands, and bmc.
  const code = codes.slice(0, own + 1).join('\n')
  for (const name of ['EmbeddedStore', 'MemoryStore', 'createPowerEngine', 'DrpClient', 'Ajv', 'fastify'])
    t.notMatch(code, new RegExp(`\\b${name}\\b`), name)
  t.ok(own > 0)
})

test('a package that is installed more than once in one version is bundled once', async (t) => {
  for (const name of executables) {
    const text = readFileSync(builtExecutable(name), 'utf8')
    const late = [...text.matchAll(/^\/\/@\.\/\S+ (\S+)$/gm)].map(([, packed = '']) =>
      brotliDecompressSync(Buffer.from(packed, 'base64')).toString(),
    )
    const codes = [...late, ...packsOf(text).map(({ code }) => code)]
    // A text that undici has once.
    const copies = codes.filter((code) => code.includes('UND_ERR_REQ_CONTENT_LENGTH_MISMATCH'))
    t.ok(copies.length <= 1, `${name} has ${copies.length} copies of undici`)
  }
})

test('an executable that is replaced while it runs says so', async (t) => {
  const copy = join(tempFolder(t), 'powerbus')
  const text = readFileSync(command, 'utf8')
  writeFileSync(copy, text.replace(/^\/\/@pack-/gm, '//@pace-'), { mode: 0o755 })
  const { code, stderr } = await runProgram(copy, ['version'])
  t.not(code, 0)
  t.match(stderr, /was changed while it ran: start it again/)
})
