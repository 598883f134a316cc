import { test } from 'tap'
import { readText } from './repository.ts'

interface LockedPackage {
  readonly version?: string
  readonly link?: boolean
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

test('npm ci accepts the lockfile: it has every package that another lists as optional, for whatever platform', async (t) => {
  const { packages }: { packages: Record<string, LockedPackage> } = JSON.parse(readText('package-lock.json'))
  for (const [path, entry] of Object.entries(packages)) {
    for (const name of Object.keys(entry.optionalDependencies ?? {})) {
      t.ok(packages[`${path}/node_modules/${name}`] ?? packages[`node_modules/${name}`], `${path} lists ${name}`)
    }
  }
})
