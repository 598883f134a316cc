import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** A built executable of `dist`. Throws when it has not been built. */
export function executable(path: 'bin/powerbus' | 'plugins/ipmi' | 'plugins/slack'): string {
  const file = join(import.meta.dirname, '..', 'dist', path)
  if (!existsSync(file)) throw new Error(`dist/${path} is missing: npm run build`)
  return file
}
