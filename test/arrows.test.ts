import { builtinModules } from 'node:module'
import { dirname, join, normalize } from 'node:path'
import { test } from 'tap'
import { importCircles } from './import-circles.ts'
import { codeFiles, type Room, readText, rooms, sourceFiles } from './repository.ts'
import { codeOf, importsOf } from './source-imports.ts'

const imports = await importsOf(codeFiles)
const roomNames = new Map(rooms.map((room) => [room.name, room]))

/** What each shared room may import of the others; a service may import all of `services`, and no other service. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  'shared/node-ipmi': [],
  'shared/redfish': [],
  'shared/drp': [],
  'shared/bus': ['@powerbus/store', '@powerbus/turns'],
  'shared/store': [],
  'shared/turns': ['@powerbus/store/clock'],
  'shared/plugin-sdk': ['@powerbus/drp', '@powerbus/bus', '@powerbus/store', '@powerbus/turns'],
  'shared/bmc-drivers': [
    '@powerbus/plugin-sdk',
    '@powerbus/plugin-sdk/power',
    '@powerbus/plugin-sdk/unshared',
    'node-ipmi',
    'node-ipmi/records',
    'node-ipmi/workarounds',
    '@powerbus/redfish',
  ],
  'shared/lab': ['node-ipmi', 'node-ipmi/bmc', '@powerbus/redfish/service'],
  // Tests start endpoints, labs and plugins by it; nothing that is shipped imports it.
  'shared/testkit': ['@powerbus/drp', '@powerbus/lab', '@powerbus/plugin-sdk/launch'],
}
const services = ['plugin-sdk', 'drp', 'bus', 'store', 'turns', 'bmc-drivers', 'lab', 'redfish']
  .map((name) => `@powerbus/${name}`)
  .concat(
    'node-ipmi',
    'node-ipmi/bmc',
    'node-ipmi/records',
    '@powerbus/bmc-drivers/workarounds',
    'node-ipmi/workarounds',
    '@powerbus/plugin-sdk/launch',
    '@powerbus/plugin-sdk/power',
    '@powerbus/plugin-sdk/unshared',
    '@powerbus/redfish/service',
  )
/** The command runs the endpoint and the lab, and speaks to BMCs as the ipmi service does. */
const cli = [...services, '@powerbus/endpoint']

function packageOf(name: string): string {
  return name.split('/', name.startsWith('@') ? 2 : 1).join('/')
}

function isBuiltin(name: string): boolean {
  return name.startsWith('node:') || builtinModules.includes(packageOf(name))
}

function roomOf(file: string): Room | undefined {
  return rooms.find(({ folder }) => file.startsWith(`${folder}/`))
}

/** The build makes it of the room's folder `content`. */
const CONTENT = 'powerbus:content'

function isSource(file: string): boolean {
  return /^((shared|services)\/[^/]+|cli)\/src\//.test(file)
}

test('the imports that these tests judge are found, types and lazy ones among them', async (t) => {
  const shown = (file: string) => imports.filter((found) => found.file === file).map(({ name }) => name)
  t.ok(sourceFiles.length > 50)
  t.ok(shown('shared/plugin-sdk/src/action.ts').includes('./log.ts'), 'import type')
  t.ok(shown('shared/plugin-sdk/src/index.ts').includes('./action.ts'), 'export from')
  t.ok(shown('test/arrows.test.ts').includes('tap'))
})

test('rooms import only what the arrows between them allow', async (t) => {
  for (const { file, name } of imports.filter(({ file }) => isSource(file))) {
    const target = roomNames.get(packageOf(name))
    const room = roomOf(file)
    if (!target || !room) continue
    const allowed = room.folder === 'cli' ? cli : room.folder.startsWith('services/') ? services : arrows[room.folder]
    t.ok(allowed?.includes(name), `${file} imports ${name}`)
  }
})

test('in the command line only up and lab import the endpoint and the lab', async (t) => {
  const found = imports.filter(
    ({ file, name }) => file.startsWith('cli/src/') && ['@powerbus/endpoint', '@powerbus/lab'].includes(name),
  )
  t.ok(found.length > 0)
  for (const { file } of found) t.match(file, /^cli\/src\/(commands\/(up|lab)\.ts|up\/.+)$/)
})

test('every shared room has its arrows written down here', async (t) => {
  for (const { folder } of rooms) if (folder.startsWith('shared/')) t.ok(arrows[folder], folder)
})

test('tests of one service, and of any shared room, do not reach into a service', async (t) => {
  const wrong = imports.filter(({ file, name }) => {
    const target = roomNames.get(packageOf(name))
    const room = roomOf(file)
    return target?.folder.startsWith('services/') && room !== undefined && room.folder !== 'cli' && room !== target
  })
  t.same(wrong, [])
})

test('only tests and benchmarks use the test kit', async (t) => {
  t.same(
    imports.filter(({ file, name }) => isSource(file) && packageOf(name) === '@powerbus/testkit'),
    [],
  )
})

test('a relative import names a source file of the same room', async (t) => {
  const wrong = imports.filter(({ file, name }) => {
    const room = roomOf(file)
    if (!name.startsWith('.') || !room) return false
    const target = normalize(join(dirname(file), name))
    // JavaScript only where it is the source itself: programs that start without a loader.
    const isBuilt = /\.(m?js|cjs)$/.test(name) && !codeFiles.includes(target)
    return !target.startsWith(`${room.folder}/`) || isBuilt || !/\.\w+$/.test(name)
  })
  t.same(wrong, [])
})

test('no file imports itself over others, by types neither', async (t) => {
  t.same(importCircles(imports), [])
})

test('a circle of imports is found, over any number of files', async (t) => {
  const chain = ['a/1.ts', 'a/2.ts', 'a/3.ts'].map((file, at) => ({ file, name: `./${((at + 1) % 3) + 1}.ts` }))
  t.same(importCircles([...chain, { file: 'a/4.ts', name: './1.ts' }]), [['a/1.ts', 'a/2.ts', 'a/3.ts']])
  t.same(importCircles(chain.slice(1)), [])
})

test('every import of source code is a declared dependency', async (t) => {
  for (const { file, name } of imports.filter(({ file }) => isSource(file))) {
    const room = roomOf(file)
    if (name.startsWith('.') || name === CONTENT || isBuiltin(name) || !room || packageOf(name) === room.name) continue
    t.ok(room.dependencies.includes(packageOf(name)), `${file} imports ${name}`)
  }
})

test('every import of a test, a benchmark or a tool is declared in its room or at the root', async (t) => {
  const { default: root } = await import('../package.json', { with: { type: 'json' } })
  const shared = [...Object.keys(root.devDependencies), ...roomNames.keys()]
  for (const { file, name } of imports.filter(({ file }) => !isSource(file))) {
    if (name.startsWith('.') || isBuiltin(name)) continue
    const room = roomOf(file)
    const declared = [...shared, ...(room?.dependencies ?? []), ...(room?.devDependencies ?? [])]
    t.ok(declared.includes(packageOf(name)), `${file} imports ${name}`)
  }
})

test('every declared dependency is imported', async (t) => {
  for (const room of rooms) {
    const used = new Set(imports.filter(({ file }) => roomOf(file) === room).map(({ name }) => packageOf(name)))
    for (const name of room.dependencies) t.ok(used.has(name), `${room.folder} uses ${name}`)
    for (const name of room.devDependencies) {
      const subject = name.replace(/^@types\//, '')
      t.ok(used.has(name) || used.has(subject), `${room.folder} uses ${name}`)
    }
  }
})

test('node imports are marked as such', async (t) => {
  t.same(
    imports.filter(({ name }) => !name.startsWith('node:') && isBuiltin(name)),
    [],
  )
})

const layers = [
  ['spec', 'codec'],
  ['wire', 'crypto'],
  ['commands', 'handshake', 'session'],
  ['client', 'bmc', 'transport'],
]
const ipmiSource = 'shared/node-ipmi/src/'

/** The layer's number and name of a file of node-ipmi; undefined for the package's index. */
function layerOf(path: string): { level: number; name: string } | undefined {
  const name = path.replace(ipmiSource, '').split('/', 2)
  if (name.length < 2 || name[0] === undefined) return undefined
  return { level: layers.findIndex((layer) => layer.includes(name[0] ?? '')), name: name[0] }
}

test('every folder of node-ipmi is one of its layers', async (t) => {
  for (const file of sourceFiles.filter((path) => path.startsWith(ipmiSource))) {
    t.not(layerOf(file)?.level, -1, file)
  }
})

test('inside node-ipmi no layer imports one above it, and client and BMC know nothing of each other', async (t) => {
  for (const { file, name } of imports.filter(({ file }) => file.startsWith(ipmiSource))) {
    const from = layerOf(file)
    const to = name.startsWith('.') ? layerOf(normalize(join(dirname(file), name))) : undefined
    if (!from || !to) continue
    t.ok(to.level <= from.level, `${file} imports ${name}`)
    t.notOk(['client/bmc', 'bmc/client'].includes(`${from.name}/${to.name}`), `${file} imports ${name}`)
  }
})

/** Input, output and timing: only in transport. */
const outwardModule =
  /^node:(dgram|net|dns|timers|http|https|tls|fs|child_process|cluster|worker_threads|perf_hooks)(\/|$)/
const outwardName =
  /\b(Date|performance|setTimeout|setInterval|setImmediate|process|getRandomValues|fetch)\b|\bMath\.random\b/
/** Randomness: as the default of an option of client or BMC, and nowhere below them. */
const randomName = /\b(randomBytes|randomFillSync|randomInt|randomUUID)\b/

test('node-ipmi needs nothing but Node', async (t) => {
  for (const { file, name } of imports.filter(({ file }) => file.startsWith(ipmiSource))) {
    t.ok(name.startsWith('.') || name.startsWith('node:'), `${file} imports ${name}`)
  }
})

test('in node-ipmi only the transport does input, output or timing', async (t) => {
  for (const { file, name } of imports.filter(({ file }) => file.startsWith(ipmiSource))) {
    // To tell an address from a name is a pure function, wherever Node keeps it.
    const pure = /^import \{ (isIP|isIPv4|isIPv6|SocketAddress|, )+ \} from 'node:net'$/m.test(readText(file))
    if (layerOf(file)?.name === 'transport' || (name === 'node:net' && pure)) continue
    t.notMatch(name, outwardModule, `${file} imports ${name}`)
  }
  for (const file of sourceFiles.filter((path) => path.startsWith(ipmiSource))) {
    if (layerOf(file)?.name === 'transport') continue
    t.equal(outwardName.exec(await codeOf(file))?.[0], undefined, file)
  }
})

test('in node-ipmi nothing below client and BMC makes random values of its own', async (t) => {
  for (const file of sourceFiles.filter((path) => path.startsWith(ipmiSource))) {
    if ((layerOf(file)?.level ?? layers.length) >= layers.length - 1) continue
    t.equal(randomName.exec(await codeOf(file))?.[0], undefined, file)
  }
})
