import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { endScope, openScope, type TestScope, tempFolder } from '@powerbus/testkit'
import { datagramsSent } from './datagrams.ts'
import { executable } from './executables.ts'
import { type LabBmc, startLab } from './lab-process.ts'
import { type MeasuredRun, measuredRun } from './measured-run.ts'
import { type Figures, numberOption, report } from './report.ts'
import { median, rounded } from './statistics.ts'

interface Sweep extends MeasuredRun {
  readonly datagramsPerBmc: number
}

/** Runs one sweep, and throws unless each BMC's state is in its output. */
async function sweep(command: string, args: readonly string[], bmcs: number, answer: RegExp): Promise<Sweep> {
  const before = datagramsSent()
  const run = await measuredRun(command, args)
  const datagramsPerBmc = (datagramsSent() - before) / bmcs
  const answered = run.stdout.match(answer)?.length ?? 0
  if (answered !== bmcs) throw new Error(`${command} has ${answered} states of ${bmcs} BMCs`)
  return { ...run, datagramsPerBmc }
}

async function startRack(scope: TestScope, count: number): Promise<LabBmc[]> {
  const port = 6230
  const half = Math.ceil(count / 2)
  const [first, second] = await Promise.all([
    startLab(scope, half, '127.1.0.1', port),
    startLab(scope, count - half, '127.2.0.1', port),
  ])
  return [...first, ...second]
}

async function compare(scope: TestScope): Promise<Figures> {
  const count = numberOption('count', 1000)
  const rounds = numberOption('rounds', 7)
  // Each rack has a password of its own unless one is given.
  process.env.IPMI_PASSWORD = 'bench-password'
  const bmcs = await startRack(scope, Math.max(2, count))
  const username = bmcs[0]?.username ?? ''
  const folder = tempFolder(scope)
  const passwordFile = join(folder, 'password')
  writeFileSync(passwordFile, 'bench-password\n', { mode: 0o600 })
  const configFile = join(folder, 'freeipmi.conf')
  writeFileSync(configFile, `username ${username}\npassword bench-password\n`, { mode: 0o600 })
  const hosts = bmcs.map(({ address, port }) => `${address}:${port}`)

  const ours = () => {
    const args = [
      'bmc',
      'status',
      ...hosts,
      '-U',
      username,
      '--password-file',
      passwordFile,
      '--cipher-suite',
      '3',
      '--json',
    ]
    return sweep(executable('bin/powerbus'), args, bmcs.length, /"ok":true/g)
  }
  const peer = () => {
    const args = [`--config-file=${configFile}`, '-D', 'LAN_2_0', '-I', '3', '--stat', '-h', hosts.join(',')]
    return sweep('ipmipower', args, bmcs.length, /: o(n|ff)$/gm)
  }
  await ours()
  const runs: { ours: Sweep; peer: Sweep }[] = []
  for (let round = 0; round < rounds; round++) {
    // Whoever goes second finds a warmer machine, so they take turns.
    if (round % 2 === 0) runs.push({ ours: await ours(), peer: await peer() })
    else {
      const second = await peer()
      runs.push({ ours: await ours(), peer: second })
    }
  }
  return figures(bmcs.length, runs)
}

function figures(bmcs: number, runs: readonly { ours: Sweep; peer: Sweep }[]): Figures {
  const of = (who: 'ours' | 'peer', what: 'elapsedMs' | 'peakKib' | 'datagramsPerBmc') =>
    median(runs.map((run) => run[who][what]))
  return {
    bmcs,
    rounds: runs.length,
    'powerbus ms': rounded(of('ours', 'elapsedMs'), 0),
    'ipmipower ms': rounded(of('peer', 'elapsedMs'), 0),
    'time ratio': rounded(median(runs.map((run) => run.ours.elapsedMs / run.peer.elapsedMs))),
    'powerbus MB': rounded(of('ours', 'peakKib') / 1024, 0),
    'ipmipower MB': rounded(of('peer', 'peakKib') / 1024, 0),
    'memory ratio': rounded(of('ours', 'peakKib') / of('peer', 'peakKib')),
    'powerbus datagrams per BMC': rounded(of('ours', 'datagramsPerBmc')),
    'ipmipower datagrams per BMC': rounded(of('peer', 'datagramsPerBmc')),
  }
}

await report('sweep: powerbus bmc status beside ipmipower', async () => {
  const scope = openScope()
  try {
    return await compare(scope)
  } finally {
    await endScope(scope)
  }
})
