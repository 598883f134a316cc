// The foreign programs, Python modules and Go packages that the tests speak to, and the Debian packages they come in. Run by itself with --check, it
// only says which are missing, and fails if any is.
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { outcome, quietEnvironment, run, StepError, say } from './step.mjs'

const programs = [
  { program: 'ipmi_sim', debian: 'openipmi' },
  { program: 'ipmitool', debian: 'ipmitool' },
  { program: 'ipmipower', debian: 'freeipmi-tools' },
  { program: 'nats-server', debian: 'nats-server' },
  { program: 'redis-server', debian: 'redis-server' },
  { program: 'systemd-analyze', debian: 'systemd' },
  { program: 'shellcheck', debian: 'shellcheck' },
  { program: 'go', debian: 'golang-go' },
  { program: 'python3', debian: 'python3' },
  { program: 'redfishtool', debian: 'redfishtool' },
  { program: 'fence_redfish', debian: 'fence-agents' },
]

/** Python modules, and what to look for in Debian's folder of them. */
const pythonModules = [
  { program: 'pyghmi', debian: 'python3-pyghmi' },
  { program: 'pyipmi', debian: 'python3-pyipmi' },
  { program: 'sushy', debian: 'python3-sushy' },
]
const pythonFolder = '/usr/lib/python3/dist-packages'

/** Packages for Go, and where Debian puts them. */
const goPackages = [{ program: 'github.com/Masterminds/sprig', debian: 'golang-github-masterminds-sprig-dev' }]
const goFolder = '/usr/share/gocode/src'

/** Debian keeps ipmipower in /usr/sbin, which is not on everybody's PATH. */
export const searchPath = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/sbin'].join(delimiter)

/** @param {string} program */
function isThere(program) {
  return searchPath.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** @param {string} module */
function isPythonModule(module) {
  return existsSync(join(pythonFolder, module, '__init__.py'))
}

function missing() {
  return [
    ...programs.filter(({ program }) => !isThere(program)),
    ...pythonModules.filter(({ program }) => !isPythonModule(program)),
    ...goPackages.filter(({ program }) => !existsSync(join(goFolder, program))),
  ]
}

/** Installs what is missing with apt-get when this is root; otherwise, and when that fails, names what is missing. */
export async function installSystemPackages() {
  if (missing().length === 0) return
  const packages = missing().map(({ debian }) => debian)
  if (process.getuid?.() === 0 && isThere('apt-get')) {
    say(`installing Debian packages: ${packages.join(' ')}`)
    const env = { ...quietEnvironment, DEBIAN_FRONTEND: 'noninteractive' }
    const options = [
      '-qq',
      '-y',
      '--no-install-recommends',
      '-o',
      'Acquire::Retries=3',
      '-o',
      'DPkg::Lock::Timeout=120',
    ]
    for (let attempt = 1; attempt <= 3 && missing().length > 0; attempt++) {
      if (attempt > 1) await sleep(5000 * attempt)
      const updated = await run('apt-get', ['-qq', '-o', 'Acquire::Retries=3', 'update'], { env })
      if (updated === 0) await run('apt-get', ['install', ...options, ...packages], { env })
    }
  }
  checkSystemPackages()
}

export function checkSystemPackages() {
  const absent = missing()
  if (absent.length === 0) return
  const names = absent.map(({ program, debian }) => `${program} (Debian package ${debian})`)
  throw new StepError(
    `the tests need programs that are missing: ${names.join(', ')}. As root: apt-get install ${absent.map(({ debian }) => debian).join(' ')}`,
  )
}

if (process.argv[2] === '--check') await outcome(async () => checkSystemPackages())
