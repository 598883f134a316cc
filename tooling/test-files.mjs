// Which test files there are, which programs they start, and in what order they run.
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { root, StepError } from './step.mjs'

/** How long each file took in the last run that it was part of. */
const timesFile = join(root, 'node_modules/.cache/powerbus/test-times.json')

/** Files of all test folders, from the root. */
function testFolderFiles() {
  const rooms = ['shared', 'services'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name)),
  )
  return ['test', ...[...rooms, 'cli'].map((room) => join(room, 'test'))].flatMap((folder) =>
    statSync(join(root, folder), { throwIfNoEntry: false })
      ? readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(folder, name))
      : [],
  )
}

/**
 * The files whose names end in `ending`; with arguments, what they name: a file, whatever its name, or all such files
 * below a folder. Those that took longest in their last run come first; where that is not known, those that start
 * servers and programs, and then the largest.
 * @param {string} ending such as `.test.ts`
 * @param {readonly string[]} names paths from the root
 */
export function testFiles(ending, names) {
  const all = testFolderFiles().filter((file) => file.endsWith(ending))
  const chosen = names.flatMap((name) => {
    const path = relative(root, resolve(root, name))
    if (statSync(join(root, path), { throwIfNoEntry: false })?.isFile()) return [path]
    const below = all.filter((file) => file.startsWith(`${path}/`))
    if (below.length === 0) throw new StepError(`${name} is no test file, and no folder with any`)
    return below
  })
  const times = lastTimes()
  const files = [...new Set(names.length > 0 ? chosen : all)]
  const expectedMs = new Map(files.map((file) => [file, times[file] ?? guessedMs(file)]))
  return files.sort((a, b) => (expectedMs.get(b) ?? 0) - (expectedMs.get(a) ?? 0))
}

/** For the order only. @param {string} file */
function guessedMs(file) {
  const text = readFileSync(join(root, file), 'utf8')
  return text.length + (/start(Nats|Redis|Built|Process|Plugin)|executable|conformance/.test(file + text) ? 20_000 : 0)
}

/** The programs in the test folders of these files' rooms. @param {readonly string[]} files */
export function testPrograms(files) {
  const folders = new Set(files.map((file) => /^(.*?\/)?test\//.exec(file)?.[0]))
  return testFolderFiles().filter(
    (file) => file.endsWith('-process.ts') && [...folders].some((folder) => folder && file.startsWith(folder)),
  )
}

/** @returns {Record<string, number>} */
function lastTimes() {
  try {
    return JSON.parse(readFileSync(timesFile, 'utf8'))
  } catch {
    return {}
  }
}

/** @param {readonly import('./test-run.mjs').Outcome[]} outcomes */
export function keepTimes(outcomes) {
  const times = lastTimes()
  for (const { file, elapsedMs } of outcomes) times[file] = Math.round(elapsedMs)
  mkdirSync(dirname(timesFile), { recursive: true })
  writeFileSync(timesFile, JSON.stringify(times))
}
