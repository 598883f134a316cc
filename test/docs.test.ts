import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { errorTable } from '@powerbus/plugin-sdk'
import { test } from 'tap'
import { readText, repositoryFiles, rooms } from './repository.ts'

const root = join(import.meta.dirname, '..')
const documents = repositoryFiles.filter((path) => path.endsWith('.md'))

/** Places in the text that look like a path of the repository; those with a placeholder in capitals are left out. */
function pathsIn(text: string): string[] {
  const paths = text.match(/(?<![\w/.-])(?:shared|services|docs|bench|test|tooling|\.ci)\/[\w./-]*[\w]/g) ?? []
  const files = text.match(/`[\w.-]+\.(?:json|md|mjs)`/g) ?? []
  return [...paths, ...files.map((file) => file.slice(1, -1))].filter((path) => !/\/[A-Z]+\b(?!\.md)/.test(path))
}

function linksIn(text: string): string[] {
  return [...text.matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map((found) => found[1] ?? '')
}

test('the documents that a reader expects are there', async (t) => {
  const expected = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/architecture.md', 'docs/operating.md']
  const further = ['docs/plugin-authoring.md', 'docs/recipes.md', 'docs/errors.md', 'bench/README.md', 'LICENSE']
  for (const path of [...expected, ...further]) t.ok(existsSync(join(root, path)), path)
})

test('every path that a document of the house names exists', async (t) => {
  let seen = 0
  for (const document of documents.filter((path) => !/^(shared|services)\//.test(path))) {
    for (const path of pathsIn(readText(document))) {
      const known = [path, join(document, '..', path)].some((place) => existsSync(join(root, place)))
      // Files that the program makes, and not the repository.
      if (['endpoint.json'].includes(path)) continue
      seen += 1
      t.ok(known, `${document} names ${path}`)
    }
  }
  t.ok(seen > 30)
})

test('every link from one document to another leads somewhere', async (t) => {
  for (const document of documents) {
    for (const link of linksIn(readText(document)).filter((target) => !/^[a-z]+:/.test(target))) {
      t.ok(existsSync(join(root, document, '..', link)), `${document} links to ${link}`)
    }
  }
})

test('the table of errors is the one that the plugins use', async (t) => {
  const rows = [...readText('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \| (\d+) \| (yes|no) \| \S.* \| \S.* \|$/gm)]
  const documented = Object.fromEntries(
    rows.map(([, code = '', status, retry]) => [code, { status: Number(status), retry: retry === 'yes' }]),
  )
  t.same(documented, errorTable)
  t.equal(rows.length, Object.keys(errorTable).length)
})

test('every room has a README or is described in the architecture', async (t) => {
  const architecture = readText('docs/architecture.md')
  for (const { folder } of rooms) {
    t.ok(repositoryFiles.includes(`${folder}/README.md`) || architecture.includes(`| \`${folder}\` |`), folder)
  }
})

/** Prose of a document: no code, no tables, and no lines with an address, which cannot be broken. */
function proseOf(text: string): string[] {
  const withoutCode = text.replace(/^( *)```[\s\S]*?^\1```$/gm, '')
  return withoutCode.split('\n').filter((line) => !/^ {4}|^ *\||https?:/.test(line))
}

test('prose is wrapped at 120 characters', async (t) => {
  for (const document of documents) {
    for (const line of proseOf(readText(document))) t.ok(line.length <= 120, `${document}: ${line}`)
  }
})

test('every npm script that a document names exists', async (t) => {
  const { scripts } = JSON.parse(readText('package.json'))
  for (const document of documents) {
    for (const [command, name = ''] of readText(document).matchAll(/\bnpm (?:run )?(start|test|(?<=run )[\w:-]+)/g)) {
      t.ok(scripts[name], `${document}: ${command}`)
    }
  }
})

/** Commands of the README, each with the test that runs it. `%` stands for the arguments. */
const tested: Readonly<Record<string, string>> = {
  'npm start': 'test/quick-start.test.ts',
  'npm test': '.ci/run',
  'npx powerbus machines': 'test/quick-start.test.ts',
  'npx powerbus status': 'test/quick-start.test.ts',
  'npx powerbus powercycle': 'test/quick-start.test.ts',
  'npx powerbus nextbootpxe': 'test/quick-start.test.ts',
  'npx powerbus bmc status': 'test/quick-start.test.ts',
  'npx powerbus lab': 'test/quick-start.test.ts',
}

test('every command of the README is run by a test', async (t) => {
  const lines = readText('README.md').match(/^(?: {4}|\$ )(npm|npx) .*$/gm) ?? []
  t.ok(lines.length >= 8)
  for (const line of lines) {
    const command = Object.keys(tested).find((known) => line.replace(/^( {4}|\$ )/, '').startsWith(known))
    const by = command === undefined ? undefined : tested[command]
    t.ok(by && readText(by).includes(command?.replace(/^npx /, '') ?? ''), line)
  }
})

/** Paths of this checkout and of what lies beside it; folders for temporary files are everybody's. */
function pathsOfThisMachine(): string[] {
  const parent = dirname(root)
  if (parent === '/' || parent === tmpdir()) return [root]
  return readdirSync(parent).map((sibling) => join(parent, sibling))
}

test('no committed text names a path of the machine it was written on, and the lockfile no registry', async (t) => {
  const secretive = pathsOfThisMachine()
  for (const path of repositoryFiles) {
    const text = readText(path)
    t.same(
      secretive.filter((place) => text.includes(place)),
      [],
      path,
    )
    if (path.endsWith('package-lock.json')) t.notMatch(text, /"resolved": "https?:/, path)
  }
})
