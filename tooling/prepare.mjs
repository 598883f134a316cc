// What start and test need first: the right Node, the packages of package-lock.json, and the executables in dist/.
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { root, run, StepError, say } from './step.mjs'

const OLDEST_NODE = [20, 19]

export function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  throw new StepError(
    `Node ${OLDEST_NODE.join('.')} or later is needed, this is ${process.versions.node}. See https://nodejs.org/`,
  )
}

/** npm keeps a lockfile of what is really there; both agree when nothing needs to be installed. */
export function packagesAreInstalled() {
  const installedPath = join(root, 'node_modules/.package-lock.json')
  if (!existsSync(installedPath)) return false
  const wanted = lockedPackages(join(root, 'package-lock.json'))
  const installed = lockedPackages(installedPath)
  return Object.entries(wanted).every(([path, entry]) => {
    if (!path.includes('node_modules/')) return true
    const there = installed[path]
    // An optional one belongs to another platform.
    if (!there) return entry.optional === true || entry.devOptional === true
    return there.version === entry.version && (entry.link !== true || there.resolved === entry.resolved)
  })
}

/**
 * @param {string} path
 * @returns {Record<string, { version?: string, resolved?: string, link?: boolean, optional?: boolean, devOptional?: boolean }>}
 */
function lockedPackages(path) {
  return JSON.parse(readFileSync(path, 'utf8')).packages
}

export async function installPackages() {
  if (packagesAreInstalled()) return
  say('installing packages (npm ci)')
  const code = await run('npm', ['ci', '--loglevel=error'])
  if (code !== 0) {
    throw new StepError(
      `npm ci ended with ${code}; the lines above say why. Packages come from the registry that npm is set to, so it must be within reach.`,
    )
  }
}

/** Its time is that of the last build's begin. */
const buildStamp = join(root, 'node_modules/.cache/powerbus/built')

/** Whether a file or folder that executables are made of is newer than the last build. */
function hasChanged() {
  const builtAtMs = statSync(buildStamp, { throwIfNoEntry: false })?.mtimeMs ?? 0
  /** @param {string} path @returns {boolean} */
  const isNewer = (path) => {
    const found = statSync(path, { throwIfNoEntry: false })
    if (!found?.isDirectory()) return found !== undefined && found.mtimeMs > builtAtMs
    return found.mtimeMs > builtAtMs || readdirSync(path).some((name) => isNewer(join(path, name)))
  }
  const groups = ['shared', 'services'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => join(group, name)),
  )
  const parts = [...groups, 'cli'].flatMap((room) => ['src', 'content', 'package.json'].map((part) => join(room, part)))
  return ['tooling', 'package.json', 'package-lock.json', 'tsconfig.json', ...parts].some((path) =>
    isNewer(join(root, path)),
  )
}

/** Turbo builds what has changed since its last build, from its cache on this disk alone; its output is shown when it fails. */
export async function build() {
  if (existsSync(join(root, 'dist/bin/powerbus')) && !hasChanged()) return
  const startedAt = new Date()
  let output = ''
  const options = ['--ui=stream', '--cache=local:rw', '--output-logs=errors-only', '--log-prefix=none']
  const code = await run(join(root, 'node_modules/.bin/turbo'), ['run', 'build', ...options], {
    onOutput: (text) => {
      output += text
    },
  })
  if (code !== 0) {
    process.stderr.write(output)
    throw new StepError(`the build ended with ${code}; the lines above say why.`)
  }
  mkdirSync(dirname(buildStamp), { recursive: true })
  writeFileSync(buildStamp, '')
  utimesSync(buildStamp, startedAt, startedAt)
}
