import type { AuthenticationType, ConnectConfig, KeyboardInteractiveAuthMethod, Client as SshClient } from 'ssh2'
import { hostAndPort } from '../host-and-port.ts'
import { kindOf } from '../https-client.ts'
import { RemoteError, type RemoteErrorKind } from '../remote-error.ts'
import type { RacLogin } from './cgi.ts'
import type { HostKeys } from './host-keys.ts'
import { legacyAlgorithms } from './ssh-algorithms.ts'

export interface SshPlace {
  readonly address: string
  readonly port: number
  readonly hostKeys: HostKeys
  /** Key exchanges, keys and ciphers of old firmware too. */
  readonly legacy: boolean
}

/** ssh2 tries no further way to log in. */
const noMore = false as unknown as AuthenticationType

export interface SshLogin {
  readonly client: SshClient
  /** Rejects with RemoteError. */
  readonly ready: Promise<void>
}

/** Connects and logs in, with one try of the password. `onLost`: the connection has ended, whenever that is. */
export async function sshLogin(
  place: SshPlace,
  login: RacLogin,
  onLost: (error: RemoteError) => void,
): Promise<SshLogin> {
  // The library is large, and few BMCs need it.
  const { default: ssh2 } = await import('ssh2')
  const name = hostAndPort(place)
  const client = new ssh2.Client()
  let isKnown = true
  const config: ConnectConfig = {
    host: place.address,
    port: place.port,
    username: login.username,
    // The caller has a limit of its own.
    readyTimeout: 0,
    ...(place.legacy && { algorithms: legacyAlgorithms() }),
    hostVerifier: (key: Buffer) => {
      isKnown = place.hostKeys.accepts(name, key)
      return isKnown
    },
    authHandler: oneTry(login),
  }
  const ready = new Promise<void>((resolve, reject) => {
    const end = (error: RemoteError) => {
      reject(error)
      onLost(error)
    }
    client
      .on('connect', () => client.setNoDelay(true))
      .on('ready', resolve)
      .on('error', (error) => end(sshError(name, error, isKnown)))
      .on('close', () => end(new RemoteError('lost', `${name}: the SSH connection ended`)))
      .connect(config)
  })
  // Whoever waits for it hears of it.
  ready.catch(() => undefined)
  return { client, ready }
}

/** The password, by whichever way the firmware has: each wrong one counts towards a lock-out. */
function oneTry({ username, password }: RacLogin): NonNullable<ConnectConfig['authHandler']> {
  const secret = password.reveal()
  const prompt: KeyboardInteractiveAuthMethod['prompt'] = (_name, _text, _language, prompts, answer) =>
    answer(prompts.map(() => secret))
  let tries = 0
  return (left, _isPartial, next) => {
    if (left === null) return next({ type: 'none', username })
    if (tries++ > 0) return next(noMore)
    if (left.includes('password')) return next({ type: 'password', username, password: secret })
    if (left.includes('keyboard-interactive')) return next({ type: 'keyboard-interactive', username, prompt })
    return next(noMore)
  }
}

function sshError(name: string, error: Error & { level?: string }, isKnown: boolean): RemoteError {
  const said = (kind: RemoteErrorKind, text: string) =>
    new RemoteError(kind, `${name}: ${text}`, { sent: false, cause: error })
  if (!isKnown)
    return said('identity', 'its SSH host key is another one than before: check that it is still the same machine')
  if (error.level === 'client-authentication')
    return said(
      'credentials',
      'the SSH login was refused: check ipmi/username and ipmi/password; firmware locks accounts after some wrong logins',
    )
  if (error.level === 'handshake')
    return said(
      'identity',
      `no SSH algorithm that both have (${error.message}); workaround old-ssh offers the old ones`,
    )
  return said(kindOf(error), `the SSH connection failed: ${error.message}`)
}
