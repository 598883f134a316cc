import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { builtExecutable, runProgram, type TestScope, tempFolder } from '@powerbus/testkit'
import { build } from 'esbuild'
import { test } from 'tap'
import { sourceOptions } from '../tooling/esbuild-options.mjs'
import { pluginNames } from './repository.ts'

const root = join(import.meta.dirname, '..')
const dist = dirname(dirname(builtExecutable('bin/powerbus')))
const rooms = new Map([...pluginNames.map((name) => [name, `services/${name}`] as const), ['powerbus', 'cli']])

interface Component {
  readonly group?: string
  readonly name: string
  readonly version: string
  readonly purl: string
  readonly licenses: readonly object[]
}

/** NAME@VERSION of every package with a file in the bundle, by the bundler's list. */
async function bundled(entry: string): Promise<string[]> {
  const { metafile } = await build({
    ...sourceOptions,
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: 'bundle',
    splitting: true,
    write: false,
    metafile: true,
    define: { POWERBUS_VERSION: '"v0.0.0"' },
  })
  const files = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
  const ids = files.flatMap((file) => {
    const parts = file.split('/')
    const at = parts.lastIndexOf('node_modules')
    if (at < 0) return []
    const folder = parts.slice(0, at + (parts[at + 1]?.startsWith('@') ? 3 : 2)).join('/')
    const { name, version } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'))
    return [`${name}@${version}`]
  })
  return [...new Set(ids)].sort()
}

function listsOf(folder: string, name: string) {
  const legal = readFileSync(join(folder, 'legal', `${name}.txt`), 'utf8')
  const sbom = JSON.parse(readFileSync(join(folder, 'sbom', `${name}.cdx.json`), 'utf8'))
  const components: readonly Component[] = sbom.components
  return { legal, sbom, components }
}

for (const [name, room] of rooms) {
  test(`licences and SBOM of ${name} have every package that is in the executable, and no other`, async (t) => {
    const { legal, sbom, components } = listsOf(dist, name)
    const ids = components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`)
    const expected = await bundled(`${room}/src/main.ts`)
    t.ok(expected.length > 50)
    t.same([...ids].sort(), expected)
    for (const { purl, licenses } of components) {
      t.match(purl, /^pkg:npm\/(?:%40[\w.-]+\/)?[\w.-]+@\d/)
      t.equal(licenses.length, 1, purl)
    }
    const titles = [...legal.matchAll(/^={80}\n(.+) (\S+)\nLicence: (.+)\n\n(?=\S)/gm)].map(
      ([, id, of]) => `${id}@${of}`,
    )
    t.same(titles.filter((title) => expected.includes(title)).sort(), expected)
    t.match(sbom, {
      bomFormat: 'CycloneDX',
      specVersion: '1.5',
      metadata: { component: { name, type: 'application' } },
    })
    t.notOk('serialNumber' in sbom || 'timestamp' in sbom.metadata, 'the same build writes the same bytes')
  })
}

test('the folders of the executables hold executables alone, since an endpoint takes each file for a plugin', async (t) => {
  t.same(readdirSync(join(dist, 'plugins')).sort(), [...pluginNames].sort())
  t.same(readdirSync(join(dist, 'bin')), ['powerbus'])
  for (const name of pluginNames) t.equal(statSync(join(dist, 'plugins', name)).mode & 0o111, 0o111, name)
})

interface TestPackage {
  readonly license?: unknown
  readonly files?: Readonly<Record<string, string>>
  readonly code?: string
  readonly version?: string
}

const licensed = { LICENSE: 'Text of the licence' }

/** A folder with packages, by their path below it, and a program that loads `import`ed ones at once or late. */
function program(scope: TestScope, packages: Readonly<Record<string, TestPackage>>, code: string): string {
  const folder = tempFolder(scope)
  writeFileSync(join(folder, 'main.js'), code)
  for (const [
    path,
    { license = 'MIT', files = licensed, code = 'export const x = String(1)', version = '1.0.0' },
  ] of Object.entries(packages)) {
    const place = join(folder, path)
    mkdirSync(place, { recursive: true })
    const name = path.split('node_modules/').at(-1)
    writeFileSync(
      join(place, 'package.json'),
      JSON.stringify({ name, version, license, main: 'index.js', type: 'module' }),
    )
    for (const [file, text] of Object.entries({ 'index.js': code, ...files })) writeFileSync(join(place, file), text)
  }
  return folder
}

async function bundle(folder: string, output = 'out') {
  const args = [join(root, 'tooling/bundle.mjs'), 'main.js', join(output, 'bin/x'), output]
  const { NODE_OPTIONS: _, ...env } = process.env
  const clean = Object.fromEntries(Object.entries(env).flatMap(([name, value]) => (value ? [[name, value]] : [])))
  return await runProgram(process.execPath, args, { cwd: folder, env: clean })
}

test('nested copies in other versions, late chunks and NOTICE files are listed, and two builds are equal', async (t) => {
  const packages = {
    'node_modules/a': { code: "import { y } from 'b'; export const x = y", license: 'Apache-2.0' as const },
    'node_modules/a/node_modules/b': { code: 'export const y = String(2)', version: '2.0.0' },
    'node_modules/b': { code: 'export const y = String(1)', files: { ...licensed, NOTICE: 'Notice of b' } },
    'node_modules/@s/late': {
      license: '(GPL-3.0-only OR ISC)',
      code: 'export const z = String(3)',
      files: { 'LICENCE.md': 'Late' },
    },
    'node_modules/unused': { license: 'GPL-3.0-only' },
  }
  const code = "import { x } from 'a'; import { y } from 'b'; import('@s/late').then(({ z }) => console.log(x, y, z))"
  const folder = program(t, packages, code)
  t.equal((await bundle(folder)).code, 0)
  t.equal((await runProgram(join(folder, 'out/bin/x'))).stdout, '2 1 3\n')
  const { legal, components } = listsOf(join(folder, 'out'), 'x')
  const purls = components.map(({ purl }) => purl)
  t.same(purls, ['pkg:npm/%40s/late@1.0.0', 'pkg:npm/a@1.0.0', 'pkg:npm/b@1.0.0', 'pkg:npm/b@2.0.0'])
  for (const text of ['Notice of b', '\nLate\n', '(GPL-3.0-only OR ISC)']) t.ok(legal.includes(text), text)
  t.same(components[0]?.licenses, [{ expression: '(GPL-3.0-only OR ISC)' }])

  t.equal((await bundle(folder, 'again')).code, 0)
  for (const file of ['bin/x', 'legal/x.txt', 'sbom/x.cdx.json']) {
    t.ok(readFileSync(join(folder, 'out', file)).equals(readFileSync(join(folder, 'again', file))), file)
  }
})

test('the build fails for a package without a licence text, and for a licence that is not permissive', async (t) => {
  const bad: Readonly<Record<string, TestPackage>> = {
    'no text': { files: {} },
    'an empty text': { files: { LICENSE: '\n' } },
    'a notice alone': { files: { NOTICE: 'Notice' } },
    GPL: { license: 'GPL-3.0-only' },
    'one of two that both hold': { license: '(MIT AND GPL-3.0-only)' },
    'no licence': { license: '' },
    'a text in place of an id': { license: 'SEE LICENSE IN LICENSE' },
    'an old form': { license: { type: 'MIT' } },
  }
  for (const [title, given] of Object.entries(bad)) {
    const folder = program(t, { 'node_modules/a': given }, "import { x } from 'a'; console.log(x)")
    const { code, stderr } = await bundle(folder)
    t.not(code, 0, title)
    t.match(stderr, /a@1\.0\.0/, title)
    t.notOk(readdirSync(folder).includes('out'), `${title}: nothing is written`)
  }
})
