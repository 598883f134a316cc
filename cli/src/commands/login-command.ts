import type { Command } from 'commander'
import type { Output } from '../output.ts'

export interface LoginOptions {
  readonly fingerprint?: string
}

export function addLoginCommand(program: Command, output: Output): void {
  program
    .command('login')
    .description('use the endpoint at URL from now on; asks for its one-time code (or reads it from standard input)')
    .argument('<url>', 'address that the endpoint printed, such as https://127.0.0.1:8092')
    .option(
      '--fingerprint <sha256>',
      "the certificate's, where the endpoint is not on this machine and nobody can be asked",
    )
    .action(async (url: string, options: LoginOptions) => {
      const { runLogin } = await import('../endpoint/run-login.ts')
      await runLogin(url, options, output)
    })
}

export function addLogoutCommand(program: Command, output: Output): void {
  program
    .command('logout')
    .description('forget the endpoint that was logged in to')
    .action(async () => {
      const { runLogout } = await import('../endpoint/run-logout.ts')
      await runLogout(output)
    })
}
