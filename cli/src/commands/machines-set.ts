import type { DrpClient, Machine, Operation } from '@powerbus/drp'
import type { Command } from 'commander'
import { UsageError } from '../cli-error.ts'
import { withEndpoint } from '../endpoint/with-endpoint.ts'
import { findObject } from '../objects/find-object.ts'
import {
  isEmpty,
  type ParamChanges,
  type ParamOptions,
  paramOptions,
  paramPatch,
  readParamChanges,
} from '../objects/param-changes.ts'
import { collect } from '../option-values.ts'
import type { Output } from '../output.ts'
import { sweepMachines } from '../sweep-machines.ts'
import { selectTargets } from '../targets.ts'
import { profileKind } from './profiles.ts'

interface SetOptions extends ParamOptions {
  readonly description?: string
  readonly addProfile: readonly string[]
  readonly removeProfile: readonly string[]
  readonly json?: true
}

const help = `
A machine gets all the changes or none. Examples:
  powerbus machines set node-01 --param power/protected=true
  powerbus machines set 'node-[01-08]' --secret ipmi/password=./password --add-profile rack-7
  powerbus machines set node-01 --unset ipmi/port-ipmitool --description 'spare'`

export function machinesSetCommand(machines: Command, output: Output): void {
  const command = machines
    .command('set')
    .description('change params, profiles or the description of machines')
    .argument('<targets...>', "names or ranges such as 'node-[01-08]'")
  paramOptions(command)
    .option('--unset <name>', 'remove a param; repeatable', collect, [])
    .option('--description <text>', 'free text')
    .option('--add-profile <name>', 'add a profile; repeatable', collect, [])
    .option('--remove-profile <name>', 'remove a profile; repeatable', collect, [])
    .option('--json', 'one JSON object per machine and line')
    .addHelpText('after', help)
    .action((targets: string[], options: SetOptions) => setMachines(targets, options, output))
}

async function setMachines(targets: readonly string[], options: SetOptions, output: Output): Promise<void> {
  await withEndpoint(async (drp) => {
    const machines = selectTargets(targets, false, await drp.machines.list({ slim: ['Params', 'Meta'] }))
    const changes = await readParamChanges(drp, options)
    for (const name of options.addProfile) await findObject(drp, profileKind, name)
    const { description, addProfile, removeProfile } = options
    const isChange = description !== undefined || addProfile.length + removeProfile.length > 0
    if (!isChange && isEmpty(changes)) {
      throw new UsageError('nothing to set: give --param, --secret, --unset, --description or a profile')
    }
    await sweepMachines({
      machines,
      output,
      done: 'set',
      json: options.json === true,
      run: ({ Uuid }) => setMachine(drp, Uuid, changes, options),
    })
  })
}

async function setMachine(drp: DrpClient, uuid: string, changes: ParamChanges, options: SetOptions) {
  const patch = patchOf(await drp.machines.get(uuid), changes, options)
  if (patch.length > 0) await drp.machines.patch(uuid, patch)
  return { changed: patch.length > 0 }
}

function patchOf(
  before: Pick<Machine, 'Params' | 'Profiles'>,
  changes: ParamChanges,
  { description, addProfile, removeProfile }: SetOptions,
): Operation[] {
  const kept = before.Profiles.filter((name) => !removeProfile.includes(name))
  const profiles = [...kept, ...addProfile.filter((name) => !kept.includes(name))]
  const isSame =
    profiles.length === before.Profiles.length && profiles.every((name, at) => name === before.Profiles[at])
  return [
    ...paramPatch(before.Params, changes),
    ...(description === undefined ? [] : [{ op: 'replace', path: '/Description', value: description } as const]),
    ...(isSame
      ? []
      : ([
          { op: 'test', path: '/Profiles', value: [...before.Profiles] },
          { op: 'replace', path: '/Profiles', value: profiles },
        ] as const)),
  ]
}
