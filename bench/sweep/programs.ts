import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type TestScope, tempFolder } from '@powerbus/testkit'
import { executable } from '../executables.ts'

export const login = { username: 'admin', password: 'bench-password' }

/** A program and its arguments before the verb's. */
export type Command = readonly [string, ...string[]]

/** How each program speaks to hosts; cipher suite 3 for all. */
export interface Programs {
  /** The Node that powerbus runs on. */
  readonly node: string
  powerbus(verb: string, hosts: string, ...more: string[]): Command
  /** `--stat`, `--on`, `--cycle`. */
  ipmipower(verb: string, hosts: string, ...more: string[]): Command
  /** One host. */
  ipmitool(verb: string, address: string, port: number): Command
}

export function programs(scope: TestScope, node: string): Programs {
  const folder = tempFolder(scope)
  const written = (name: string, text: string) => {
    const file = join(folder, name)
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
  const { username, password } = login
  const passwordFile = written('password', `${password}\n`)
  const configFile = written('freeipmi.conf', `username ${username}\npassword ${password}\n`)
  const loginWords = ['-U', username, '--password-file', passwordFile, '--cipher-suite', '3', '--json']
  const peerWords = [`--config-file=${configFile}`, '-D', 'LAN_2_0', '-I', '3']
  return {
    node,
    // By node itself, so that finding it on PATH is nobody's cost.
    powerbus: (verb, hosts, ...more) => [node, executable('bin/powerbus'), 'bmc', verb, hosts, ...loginWords, ...more],
    ipmipower: (verb, hosts, ...more) => ['ipmipower', ...peerWords, verb, '-h', hosts, ...more],
    ipmitool(verb, address, port) {
      const words = ['-I', 'lanplus', '-C', '3', '-H', address, '-p', String(port), '-U', username, '-f', passwordFile]
      return ['ipmitool', ...words, 'power', verb]
    },
  }
}
