import { paths } from './paths.ts'
import type { Answer, Caller } from './resource.ts'
import { typeOf } from './schema-versions.ts'
import type { ServiceState } from './service-state.ts'
import { type ServiceTask, taskBody } from './tasks.ts'

/** Seconds after which a client should look again. */
const RETRY_AFTER_S = '1'

/** Goes on with an operation as a task: the answer 202 with the task and its monitor. DSP0266 §11. */
export function startTask(
  state: ServiceState,
  name: string,
  caller: Caller | undefined,
  work: () => Promise<Answer> | Answer,
): Answer {
  return pending(state, state.tasks.start(name, caller?.account.id ?? '', work))
}

/** What a task monitor answers: 202 until the operation has ended, then its own answer. */
export function monitorAnswer(state: ServiceState, id: string): Answer | undefined {
  const task = state.tasks.get(id)
  if (!task) return undefined
  return task.answer ?? pending(state, task)
}

function pending({ quirks }: ServiceState, task: ServiceTask): Answer {
  const monitor = `${paths.taskMonitors}/${task.id}`
  return {
    status: 202,
    body: {
      '@odata.id': `${paths.tasks}/${task.id}`,
      '@odata.type': `#${typeOf('Task')}`,
      ...taskBody(task, monitor),
    },
    headers: { 'Retry-After': RETRY_AFTER_S, ...(!quirks.noTaskLocation && { Location: monitor }) },
  }
}
