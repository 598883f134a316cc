import type { Json, JsonObject } from './json-value.ts'
import type { Quirks } from './quirks.ts'
import { Refusal, refused } from './refusal.ts'
import type { Answer } from './resource.ts'
import { dateText, type ServiceClock } from './service-clock.ts'
import type { EventKey } from './service-event.ts'
import { errorBody, message, type ServiceMessage } from './service-message.ts'

const KEPT_TASKS = 100

export interface ServiceTask {
  readonly id: string
  readonly name: string
  readonly started: string
  readonly account: string
  state: 'Running' | 'Completed' | 'Exception'
  ended: string | undefined
  messages: readonly ServiceMessage[]
  /** The operation's own answer, once it has ended. */
  answer: Answer | undefined
}

export interface TasksOptions {
  readonly clock: ServiceClock
  readonly quirks: Quirks
  readonly publish: (key: EventKey, id: string) => void
  readonly onError: (error: unknown) => void
}

/** Operations that go on after their answer. */
export class Tasks {
  readonly #options: TasksOptions
  readonly #tasks = new Map<string, ServiceTask>()
  readonly #timers = new Set<{ cancel(): void }>()
  #nextId = 1

  constructor(options: TasksOptions) {
    this.#options = options
  }

  all(): ServiceTask[] {
    return [...this.#tasks.values()]
  }

  get(id: string): ServiceTask | undefined {
    return this.#tasks.get(id)
  }

  remove(id: string): void {
    this.#tasks.delete(id)
  }

  /** Runs `work` after the time that a task takes. */
  start(name: string, account: string, work: () => Promise<Answer> | Answer): ServiceTask {
    const { clock, quirks, publish } = this.#options
    const id = String(this.#nextId++)
    const started = dateText(clock)
    const task: ServiceTask = {
      id,
      name,
      started,
      account,
      state: 'Running',
      ended: undefined,
      messages: [],
      answer: undefined,
    }
    this.#tasks.set(id, task)
    for (const old of this.all()) if (this.#tasks.size > KEPT_TASKS && old.state !== 'Running') this.remove(old.id)
    publish('TaskEvent.TaskStarted', id)
    const timer = clock.after(quirks.taskMs, () => {
      this.#timers.delete(timer)
      void this.#end(task, work)
    })
    this.#timers.add(timer)
    return task
  }

  close(): void {
    for (const timer of this.#timers) timer.cancel()
  }

  async #end(task: ServiceTask, work: () => Promise<Answer> | Answer): Promise<void> {
    const { clock, quirks, publish, onError } = this.#options
    try {
      if (quirks.failTasks) throw new Refusal(500, [message('InternalError')])
      task.answer = await work()
      task.state = 'Completed'
      task.messages = [message('Success')]
    } catch (error) {
      const refusal = error instanceof Refusal ? error : refused(500, 'InternalError')
      if (refusal !== error) onError(error)
      task.answer = { status: refusal.status, body: errorBody(refusal.messages) }
      task.state = 'Exception'
      task.messages = refusal.messages
    }
    task.ended = dateText(clock)
    publish(task.state === 'Completed' ? 'TaskEvent.TaskCompletedOK' : 'TaskEvent.TaskAborted', task.id)
  }
}

/** Properties of a Task. DSP0268, Task. */
export function taskBody(task: ServiceTask, monitor: string): JsonObject {
  const isRunning = task.state === 'Running'
  const ended: Record<string, Json> = task.ended === undefined ? {} : { EndTime: task.ended }
  return {
    Id: task.id,
    Name: task.name,
    TaskState: task.state,
    TaskStatus: task.state === 'Exception' ? 'Critical' : 'OK',
    StartTime: task.started,
    ...ended,
    PercentComplete: isRunning ? 0 : 100,
    Messages: [...task.messages],
    TaskMonitor: monitor,
  }
}
