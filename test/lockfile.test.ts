import { test } from 'tap'
import { readText } from './repository.ts'

const KINDS = ['dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies'] as const

interface LockedPackage extends Partial<Record<(typeof KINDS)[number], Readonly<Record<string, string>>>> {
  readonly version?: string
  readonly link?: boolean
}

test('npm ci accepts the lockfile: it has every package that another lists as optional, for whatever platform', async (t) => {
  const { packages }: { packages: Record<string, LockedPackage> } = JSON.parse(readText('package-lock.json'))
  for (const [path, entry] of Object.entries(packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      t.ok(packages[`${path}/node_modules/${name}`] ?? packages[`node_modules/${name}`], `${path} lists ${name}`)
    }
  }
})

test('the lockfile has no package of a room that nobody asks for there: npm installs none, and would try each time', async (t) => {
  const { packages }: { packages: Record<string, LockedPackage> } = JSON.parse(readText('package-lock.json'))
  for (const path of Object.keys(packages)) {
    const [, room, name = ''] = /^((?!node_modules\/)[^ ]+?)\/node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? []
    if (room === undefined) continue
    const asks = Object.entries(packages).filter(
      ([other]) => other === room || other.startsWith(`${room}/node_modules/`),
    )
    t.ok(
      asks.some(([, entry]) => KINDS.some((kind) => entry[kind]?.[name] !== undefined)),
      `${room} asks for ${name}`,
    )
  }
})
