import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FinishedProgram, runProgram } from './run-program.ts'
import { tempFolder } from './temp-folder.ts'
import { endScope, openScope, type TestScope } from './test-scope.ts'

/** Address and login of a BMC, for ipmitool and FreeIPMI. */
export interface IpmiToolTarget {
  readonly address: string
  readonly port: number
  readonly username: string
  readonly password: string
  /** Default 3; 17 for SHA-256. */
  readonly cipherSuite?: number
  /** K_g of the BMC as text; absent if it has none. */
  readonly kg?: string
  readonly timeoutMs?: number
}

/** Runs `ipmitool -I lanplus ... COMMAND`. The password is in a file of mode 0600, not in the arguments. */
export function runIpmiTool(target: IpmiToolTarget, command: readonly string[]): Promise<FinishedProgram> {
  return withSecretFile(target.password, (passwordFile) => {
    const login = ['-H', target.address, '-p', String(target.port), '-U', target.username, '-f', passwordFile]
    const suite = ['-C', String(target.cipherSuite ?? 3), ...(target.kg === undefined ? [] : ['-k', target.kg])]
    return runProgram('ipmitool', ['-I', 'lanplus', ...login, ...suite, ...command], {
      timeoutMs: target.timeoutMs ?? 30_000,
    })
  })
}

/**
 * Runs FreeIPMI's `ipmipower` for hosts with one login; `options` such as `['--stat']` or `['--on']`. User name and
 * password are in a configuration file of mode 0600. `-W opensesspriv` is a workaround for ipmi_sim and harmless for
 * other BMCs.
 */
export function runIpmiPower(
  target: IpmiToolTarget,
  options: readonly string[],
  hosts: readonly string[] = [`${target.address}:${target.port}`],
): Promise<FinishedProgram> {
  const config = `username ${target.username}\npassword ${target.password}\n`
  return withSecretFile(config, (configFile) => {
    const suite = ['-D', 'LAN_2_0', '-I', String(target.cipherSuite ?? 3), '-W', 'opensesspriv']
    const args = [`--config-file=${configFile}`, ...suite, '-h', hosts.join(','), ...options]
    return runProgram('ipmipower', args, { timeoutMs: target.timeoutMs ?? 30_000 })
  })
}

async function withSecretFile<T>(text: string, use: (path: string) => Promise<T>): Promise<T> {
  const scope: TestScope = openScope()
  try {
    const path = join(tempFolder(scope), 'secret')
    writeFileSync(path, text, { mode: 0o600 })
    return await use(path)
  } finally {
    await endScope(scope)
  }
}
