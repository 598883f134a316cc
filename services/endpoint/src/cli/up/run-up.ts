import { realpathSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { BusError } from '@powerbus/bus'
import { StoreError } from '@powerbus/store'
import { createEndpoint, type Endpoint } from '../../endpoint.ts'
import { CliError, UsageError } from '../cli-error.ts'
import type { UpOptions } from '../commands/up-command.ts'
import { defaultStateFolder } from '../folders.ts'
import { catchInterruption } from '../interruption.ts'
import type { Output } from '../output.ts'
import { untilAborted } from '../until-aborted.ts'
import { checkCloudPlugin, type LabCloud, labCloudLine, labCloudTrials, startLabCloud } from './lab-cloud.ts'
import { type LabRack, startLabRack } from './lab-rack.ts'
import { upLog } from './up-log.ts'

const DEFAULT_CLOUD_COUNT = 2

/** Runs an endpoint, and a lab rack unless told otherwise, until interrupted. Nothing but the state folder stays. */
export async function runUp(options: UpOptions, version: string, output: Output): Promise<void> {
  const stateDir = resolve(options.state ?? defaultStateFolder())
  const pluginDir = resolve(options.plugins ?? pluginsBesideProgram())
  await checkFolder(pluginDir)
  if (options.labCloud !== undefined) await checkCloudPlugin(pluginDir)
  const interruption = catchInterruption()
  const { address, port } = options
  let cloud: LabCloud | undefined
  const startCloud = async () => {
    if (options.labCloud === undefined) return []
    const count = options.labCloud === true ? DEFAULT_CLOUD_COUNT : options.labCloud
    cloud = await startLabCloud({ folder: join(stateDir, 'lab-cloud'), count })
    return [cloud.plugin]
  }
  const endpoint = createEndpoint({
    stateDir,
    pluginDir,
    address,
    port,
    version,
    environment: process.env,
    log: upLog(),
    plugins: startCloud,
  })
  const stopEarly = () => void endpoint.stop()
  interruption.signal.addEventListener('abort', stopEarly, { once: true })
  let rack: LabRack | undefined
  try {
    rack = options.lab === false ? undefined : await startRack(stateDir, options.lab)
    await endpoint.start()
    if (rack) await endpoint.ensureMachines(rack.seeds)
    greet(endpoint, { rack, cloud }, stateDir, output)
    await output.flush()
    await untilAborted(interruption.signal)
    output.line('stopping')
  } catch (error) {
    if (!interruption.signal.aborted) throw explain(error, stateDir)
  } finally {
    await endpoint.stop()
    await rack?.close()
    await cloud?.close()
    interruption.release()
  }
}

function startRack(stateDir: string, count: number | undefined): Promise<LabRack> {
  const onError = (error: unknown) => process.stderr.write(`powerbus: a lab machine's state was not kept: ${error}\n`)
  return startLabRack({ folder: join(stateDir, 'lab'), count, onError })
}

/** The build puts the program in `bin/` and the plugins in `plugins/`, side by side. */
function pluginsBesideProgram(): string {
  const program = realpathSync(process.argv[1] ?? '')
  return join(dirname(dirname(program)), 'plugins')
}

async function checkFolder(path: string): Promise<void> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
  if (!isFolder) throw new UsageError(`there is no plugin folder ${path}: 'npm run build' makes it, or give --plugins`)
}

interface Labs {
  readonly rack: LabRack | undefined
  readonly cloud: LabCloud | undefined
}

function greet(endpoint: Endpoint, { rack, cloud }: Labs, stateDir: string, output: Output): void {
  const powerbus = process.env.npm_lifecycle_event === undefined ? 'powerbus' : 'npx powerbus'
  const plugins = endpoint.plugins.map(({ Name }) => Name)
  output.lines([
    `endpoint     ${endpoint.url}`,
    `certificate  SHA-256 ${endpoint.fingerprint}`,
    `login        user powerbus, one-time code ${endpoint.loginCode} (good once, for 15 minutes)`,
    `plugins      ${plugins.length > 0 ? plugins.join(', ') : 'none'}`,
    `state        ${stateDir}`,
    ...(rack ? [labLine(rack)] : []),
    ...(cloud ? [labCloudLine(cloud)] : []),
    '',
    'Try in a second shell:',
    `  ${powerbus} machines`,
    `  ${powerbus} status`,
    ...(rack ? [`  ${powerbus} powercycle node-03`, `  ${powerbus} nextbootpxe 'node-[01-08]'`] : []),
    ...(cloud ? labCloudTrials().map((trial) => `  ${powerbus} ${trial}`) : []),
    '',
    'Ctrl-C stops all of it.',
  ])
}

function labLine({ seeds, lab }: LabRack): string {
  const first = lab.bmcs[0]
  const last = lab.bmcs.at(-1)
  const names = seeds.length > 1 ? `${seeds[0]?.Name} to ${seeds.at(-1)?.Name}` : seeds[0]?.Name
  return `lab rack     ${names}; BMCs at ${first?.address}, UDP ports ${first?.port} to ${last?.port}`
}

function explain(error: unknown, stateDir: string): unknown {
  if (error instanceof BusError) return new CliError(`the bus: ${error.message}`, { cause: error })
  if (!(error instanceof StoreError)) return error
  if (error.code === 'STORE_LOCKED') {
    return new CliError(`an endpoint already runs on ${stateDir}: stop it, or choose another folder with --state`, {
      cause: error,
    })
  }
  return new CliError(error.message, { cause: error })
}
