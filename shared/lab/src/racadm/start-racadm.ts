import { setTimeout as sleep } from 'node:timers/promises'
import type { MachineControl } from 'node-ipmi/bmc'
import { SshFace, type SshFaceOptions } from '../ssh-face.ts'
import { listenTlsAndSsh, type TlsAndSshPort } from '../tls-and-ssh-port.ts'
import { CgiFace } from './cgi-face.ts'
import { RacadmFirmware } from './racadm-firmware.ts'
import { plainKnobs, type RacadmCredentials, type RacadmKnobs } from './racadm-options.ts'

export interface RacadmOptions {
  /** Of the machine's BMC: what racadm does, its other interfaces show. */
  readonly machine: MachineControl
  readonly credentials: RacadmCredentials
  /** Default 127.0.0.1, and any free port. */
  readonly address?: string
  readonly port?: number
  readonly serviceTag?: string
  readonly knobs?: Partial<RacadmKnobs>
  readonly sshMethods?: SshFaceOptions['methods']
  readonly sshAlgorithms?: SshFaceOptions['algorithms']
}

/** An emulated iDRAC that speaks racadm over HTTPS and SSH, on one port. */
export interface EmulatedRac extends TlsAndSshPort {
  readonly knobs: RacadmKnobs
  readonly firmware: RacadmFirmware
  readonly cgi: CgiFace
  readonly ssh: SshFace
}

export async function startRacadm(options: RacadmOptions): Promise<EmulatedRac> {
  const {
    machine,
    credentials,
    address = '127.0.0.1',
    port = 0,
    serviceTag = 'PBLAB01',
    sshMethods,
    sshAlgorithms,
  } = options
  const knobs = plainKnobs(options.knobs)
  const firmware = new RacadmFirmware(machine, knobs, serviceTag)
  const cgi = new CgiFace(firmware, credentials, knobs)
  firmware.sessionList = () => [...cgi.sessions].map((sid) => `${sid}  RACADM  ${credentials.username}`)
  const run = async (line: string) => {
    if (knobs.delayMs > 0) await sleep(knobs.delayMs)
    const [program, ...words] = line.split(/\s+/)
    return program === 'racadm'
      ? await firmware.run(words.join(' '))
      : { code: 1, output: `${program}: command not found` }
  }
  const ssh = new SshFace({
    credentials,
    shell: { banner: 'iDRAC of the Powerbus lab\n', prompt: '$ ', leave: ['exit', 'quit'], run },
    exec: () => (knobs.offersExec ? run : undefined),
    ...(sshMethods && { methods: sshMethods }),
    ...(sshAlgorithms && { algorithms: sshAlgorithms }),
  })
  await ssh.start()
  const listening = await listenTlsAndSsh({ address, port }, cgi.listener, ssh)
  return { ...listening, knobs, firmware, cgi, ssh }
}
