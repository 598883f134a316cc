import { test } from 'tap'
import { type BenchOptions, serviceBench } from './service-bench.ts'

const RESET = '/redfish/v1/Systems/1/Actions/ComputerSystem.Reset'
const SYSTEM = '/redfish/v1/Systems/1'

const reset = (bench: ReturnType<typeof serviceBench>, type: string) =>
  bench.request('POST', RESET, { body: { ResetType: type } })

for (const [type, isOn, verbs] of [
  ['On', false, ['powerUp']],
  ['ForceOn', false, ['powerUp']],
  ['On', true, ['powerUp']],
  ['ForceOff', true, ['powerDown']],
  ['ForceOff', false, ['powerDown']],
  ['GracefulShutdown', true, ['softShutdown']],
  ['GracefulShutdown', false, []],
  ['ForceRestart', true, ['hardReset']],
  ['PowerCycle', true, ['powerCycle']],
  ['Nmi', true, ['diagnosticInterrupt']],
  ['PushPowerButton', true, ['softShutdown']],
  ['PushPowerButton', false, ['powerUp']],
  ['GracefulRestart', true, ['softShutdown', 'powerUp']],
] as const)
  test(`${type} of a machine that is ${isOn ? 'on' : 'off'} sends ${verbs.join(', ') || 'nothing'}`, async (t) => {
    const bench = serviceBench({ isOn })
    t.match(await reset(bench, type), { status: 204 })
    await bench.clock.pass(200)
    t.same(bench.machine.verbs, verbs)
  })

for (const type of ['ForceRestart', 'PowerCycle', 'Nmi', 'GracefulRestart'])
  test(`${type} of a machine that is off is a conflict`, async (t) => {
    const bench = serviceBench()
    t.match(await reset(bench, type), {
      status: 409,
      messages: ['ActionParameterValueConflict'],
    })
    t.same(bench.machine.verbs.length, 0)
  })

async function powerState(options: BenchOptions, steps: readonly (string | number)[]): Promise<unknown[]> {
  const bench = serviceBench(options)
  const states: unknown[] = []
  for (const step of steps) {
    if (typeof step === 'number') await bench.clock.pass(step)
    else await reset(bench, step)
    states.push((await bench.request('GET', SYSTEM)).body.PowerState)
  }
  return states
}

test('PowerState passes through PoweringOn and PoweringOff while the machine changes', async (t) => {
  const steps = ['On', 1000, 'ForceOff', 1000]
  t.same(await powerState({ changeMs: 1000 }, steps), ['PoweringOn', 'On', 'PoweringOff', 'Off'])
})

test('a machine that fails costs the request its answer 500, and the error is reported', async (t) => {
  const bench = serviceBench({ isOn: true })
  const errors: unknown[] = []
  const failure = new Error('the hypervisor is away')
  bench.machine.control = () => {
    throw failure
  }
  const answer = await bench.request('POST', RESET, {
    body: { ResetType: 'ForceOff' },
    onError: (error) => errors.push(error),
  })
  t.match(answer, { status: 500, messages: ['InternalError'] })
  t.notMatch(JSON.stringify(answer.body), failure.message)
  t.same(errors, [failure])
})

test('a machine that fails in a task ends the task with Exception, and the error is reported', async (t) => {
  const errors: unknown[] = []
  const bench = serviceBench({
    quirks: { taskActions: ['ComputerSystem.Reset'] },
    onError: (error) => errors.push(error),
  })
  const failure = new Error('the hypervisor is away')
  bench.machine.control = () => {
    throw failure
  }
  t.equal((await reset(bench, 'On')).status, 202)
  await bench.clock.pass(1000)
  t.match(await bench.request('GET', '/redfish/v1/TaskService/Tasks/1'), { body: { TaskState: 'Exception' } })
  t.same(errors, [failure])
})

test('a restart whose start fails after its answer is reported', async (t) => {
  const errors: unknown[] = []
  const bench = serviceBench({ isOn: true, changeMs: 500, onError: (error) => errors.push(error) })
  t.equal((await reset(bench, 'GracefulRestart')).status, 204)
  const failure = new Error('the hypervisor is away')
  bench.machine.control = () => {
    throw failure
  }
  await bench.clock.pass(1000)
  t.same(errors, [failure])
})
