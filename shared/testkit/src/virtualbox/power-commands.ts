import { Answer, failure, progress, syntaxError } from './answer.ts'
import { type FakeCall, type FakeCommand, findVm } from './machine-commands.ts'
import { off, offBusy, stateName } from './machine-states.ts'
import { refusalOf } from './networks.ts'
import type { FakeVm } from './registry.ts'
import { versions } from './versions.ts'

export const powerCommands: Readonly<Record<string, FakeCommand>> = {
  startvm(call) {
    const vm = findVm(call, call.args[0])
    if (vm.inaccessible) throw failure('The object functionality is limited', 'E_ACCESSDENIED')
    if (!off.has(vm.state) || Date.now() < (vm.lockedUntilMs ?? 0)) {
      const text = `The machine '${vm.name}' is already locked by a session (or being locked or unlocked)`
      throw failure(text, 'VBOX_E_INVALID_OBJECT_STATE')
    }
    const { settings } = call.registry
    const waiting = `Waiting for VM "${call.args[0]}" to power on...\n`
    for (const nic of vm.nics) {
      const refused = refusalOf(nic, call.registry)
      if (refused) throw new Answer(1, waiting, refused.stderr)
    }
    vm.counts.starts += 1
    const passing = vm.state.endsWith('saved') ? 'restoring' : 'starting'
    vm.state = settings.startMs > 0 ? passing : 'running'
    if (settings.startMs > 0) vm.next = { untilMs: Date.now() + settings.startMs, state: 'running' }
    return new Answer(0, `${waiting}VM "${call.args[0]}" has been successfully started.\n`, '')
  },

  controlvm(call) {
    const vm = running(call)
    const [, verb = ''] = call.args
    const control = controls[verb]
    if (!control) throw syntaxError(`Invalid parameter '${verb}'`)
    return control(vm, call)
  },

  debugvm(call) {
    if (call.args[1] !== 'injectnmi') throw syntaxError(`Unknown subcommand: ${call.args[1]}`)
    const vm = running(call)
    must(vm, call, ['running'])
    vm.counts.nmis += 1
    return new Answer(0, '', '')
  },

  snapshot(call) {
    const vm = findVm(call, call.args[0])
    if (call.args[1] !== 'take') throw syntaxError(`Invalid parameter '${call.args[1]}'`)
    if (vm.inaccessible) throw failure('The object functionality is limited', 'E_ACCESSDENIED')
    vm.snapshots.push(call.args[2] ?? '')
    return new Answer(0, `Snapshot taken. UUID: ${vm.id.slice(0, -2)}${10 + vm.snapshots.length}\n`, progress)
  },
}

/** States in which the buttons of a VM can be pressed. */
const buttons: readonly string[] = ['running', 'teleporting', 'livesnapshotting']

const controls: Readonly<Record<string, (vm: FakeVm, call: FakeCall) => Answer>> = {
  poweroff(vm, call) {
    if (vm.state === 'stopping') throw invalid('The virtual machine is being powered down')
    const cancelable = {
      saving: 'saved state',
      livesnapshotting: 'live snapshot',
      onlinesnapshotting: 'online snapshot',
    }
    const what = cancelable[vm.state as keyof typeof cancelable]
    if (what) throw invalid(`Cannot power down at this point in a ${what}`)
    must(vm, call, ['running', 'paused', 'gurumeditation'], ' (must be Running, Paused or Stuck)')
    vm.state = 'poweroff'
    delete vm.next
    vm.counts.powerOffs += 1
    vm.lockedUntilMs = Date.now() + call.registry.settings.lockedMs
    return new Answer(0, '', progress)
  },
  reset(vm, call) {
    must(vm, call, buttons)
    delete vm.next
    vm.counts.resets += 1
    return new Answer(0, '', '')
  },
  acpipowerbutton(vm, call) {
    must(vm, call, buttons)
    const { acpiMs } = call.registry.settings
    vm.counts.powerButtons += 1
    if (acpiMs >= 0) vm.next = { untilMs: Date.now() + acpiMs, state: 'poweroff' }
    return new Answer(0, '', '')
  },
  resume(vm, call) {
    if (vm.state !== 'paused')
      throw invalid(`Cannot resume the machine as it is not paused (machine state: ${nameOf(vm, call)})`)
    vm.state = 'running'
    return new Answer(0, '', '')
  },
}

/** Returns the VM if it has a process. Throws a failure if not. */
function running(call: FakeCall): FakeVm {
  const vm = findVm(call, call.args[0])
  if (vm.inaccessible) throw failure('The object functionality is limited', 'E_ACCESSDENIED')
  const { notRunning } = versions[call.registry.settings.version]
  if (off.has(vm.state) || offBusy.has(vm.state))
    throw failure(`Machine '${call.args[0]}' is not currently running${notRunning}`)
  return vm
}

function must(vm: FakeVm, call: FakeCall, states: readonly string[], more = ''): void {
  if (states.includes(vm.state)) return
  throw invalid(`Invalid machine state: ${nameOf(vm, call)}${more}`)
}

const nameOf = (vm: FakeVm, call: FakeCall) => stateName(vm.state, versions[call.registry.settings.version].stuck)
const invalid = (text: string) => failure(text, 'VBOX_E_INVALID_VM_STATE', 'ConsoleWrap')
