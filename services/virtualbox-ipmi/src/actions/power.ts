import {
  type Action,
  type Call,
  defineAction,
  powerAction,
  powerActionTimeoutMs,
  powerParams,
  powerVerbs,
  powerWords,
  required,
} from '@powerbus/plugin-sdk'
import { checkedId } from '../hypervisor/check-spec.ts'
import { isSteady, powerAfter } from '../hypervisor/vm-states.ts'
import { id } from '../params.ts'
import type { Service } from '../service.ts'
import { type VmReading, vmDriver, vmReader } from '../vm/power-driver.ts'
import { powerNow } from '../vm/power-state.ts'

const verbs = ['poweron', 'poweroff', 'powercycle', 'powershutdown', 'powerreset'] as const

export function powerActions(service: Service): Action[] {
  const changes = verbs.map((verb) =>
    powerAction(verb, {
      params: [required(id)],
      driver: ({ params }) => vmDriver(service.host.power, checkedId(params['virtualbox/id'])),
    }),
  )
  return [...changes, powerStatus(service)]
}

/**
 * Reads the power state at once, also while another command runs at the VM. Result: `State`, VirtualBox's word, beside
 * the fields of every power command; while the state changes `Becoming`: `on` or `off`, where that can be told.
 */
function powerStatus(service: Service): Action {
  return defineAction({
    name: 'powerstatus',
    model: 'machines',
    description: powerVerbs.powerstatus.description,
    params: [required(id), ...powerParams],
    timeoutMs: (params) => powerActionTimeoutMs('powerstatus', params),
    run: async (context) => {
      const driver = vmReader(service.host.power, checkedId(context.params['virtualbox/id']))
      const startedMs = performance.now()
      const run = async ({ vm: read }: VmReading, call: Call) => {
        const vm = await read(call)
        const becoming = isSteady(vm.state) ? undefined : powerAfter(vm.state)
        return {
          Power: powerNow(vm),
          Changed: false,
          Verified: true,
          Attempts: 1,
          ElapsedMs: Math.round(performance.now() - startedMs),
          State: vm.state,
          ...(becoming && { Becoming: becoming }),
        }
      }
      return await context.power.other({ sends: [driver.describe('status')], run }, driver, context)
    },
    words: powerWords('powerstatus'),
  })
}
