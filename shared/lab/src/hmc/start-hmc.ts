import type { SimulatedMachine } from '../simulated-machine.ts'
import { SshFace } from '../ssh-face.ts'
import { listenTlsAndSsh, type TlsAndSshPort } from '../tls-and-ssh-port.ts'
import { type HmcKnobs, plainHmcKnobs } from './hmc-knobs.ts'
import { HmcRest } from './hmc-rest.ts'
import { hmcShell } from './hmc-shell.ts'
import { type HmcSystem, hmcSystems } from './hmc-systems.ts'

export interface HmcOptions {
  /** A partition each; five fill the two managed systems. */
  readonly machines: readonly SimulatedMachine[]
  readonly credentials: { readonly username: string; readonly password: string }
  /** Default 127.0.0.1, and any free port. */
  readonly address?: string
  readonly port?: number
  readonly knobs?: Partial<HmcKnobs>
}

/** An emulated HMC: its REST interface and its command line over SSH, on one port. */
export interface EmulatedHmc extends TlsAndSshPort {
  readonly knobs: HmcKnobs
  readonly systems: readonly HmcSystem[]
  readonly rest: HmcRest
  readonly ssh: SshFace
}

export async function startHmc(options: HmcOptions): Promise<EmulatedHmc> {
  const { machines, credentials, address = '127.0.0.1', port = 0 } = options
  const knobs = plainHmcKnobs(options.knobs)
  const systems = hmcSystems(machines)
  const rest = new HmcRest(systems, credentials, knobs)
  const run = hmcShell(systems)
  const prompt = `${credentials.username}@hmc:~>`
  const ssh = new SshFace({
    credentials,
    shell: { banner: 'HMC of the Powerbus lab\n', prompt, leave: ['exit', 'quit'], run },
    exec: () => run,
  })
  await ssh.start()
  const listening = await listenTlsAndSsh({ address, port }, rest.listener, ssh)
  return { ...listening, knobs, systems, rest, ssh }
}
