import { paths } from '../paths.ts'
import { refused } from '../refusal.ts'
import { collection, link, noContent } from '../resource.ts'
import { typeOf } from '../schema-versions.ts'
import { dateText } from '../service-clock.ts'
import { taskBody } from '../tasks.ts'
import type { Routes } from './routes.ts'

/** Tasks. Their monitors are answered by the service itself. DSP0266 §11; DSP0268, TaskService, Task. */
export const taskRoutes: Routes = {
  TaskService: ({ clock }) => ({
    type: typeOf('TaskService'),
    read: () => ({
      Id: 'TaskService',
      Name: 'Task Service',
      ServiceEnabled: true,
      DateTime: dateText(clock),
      CompletedTaskOverWritePolicy: 'Oldest',
      LifeCycleEventOnTaskStateChange: true,
      Tasks: link(paths.tasks),
      Status: { State: 'Enabled', Health: 'OK' },
    }),
  }),
  'TaskService/Tasks': ({ tasks }) =>
    collection(
      'Task',
      'Tasks',
      tasks.all().map(({ id }) => `${paths.tasks}/${id}`),
    ),
  'TaskService/Tasks/*': ({ tasks }, [id = '']) => {
    const task = tasks.get(id)
    return (
      task && {
        type: typeOf('Task'),
        read: () => taskBody(task, `${paths.taskMonitors}/${id}`),
        remove: () => {
          if (task.state === 'Running') throw refused(409, 'ResourceInUse')
          tasks.remove(id)
          return noContent
        },
      }
    )
  },
}
