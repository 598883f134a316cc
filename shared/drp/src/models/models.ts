import { alertModel } from './alert.ts'
import { bootEnvModel } from './boot-env.ts'
import { contextModel } from './context.ts'
import { interfaceModel } from './interface.ts'
import { machineModel } from './machine.ts'
import { paramModel } from './param.ts'
import { pluginModel } from './plugin.ts'
import { pluginProviderModel } from './plugin-provider.ts'
import { preferenceModel } from './preference.ts'
import { profileModel } from './profile.ts'
import { roleModel } from './role.ts'
import { stageModel } from './stage.ts'
import { taskModel } from './task.ts'
import { templateModel } from './template.ts'
import { userModel } from './user.ts'
import { workflowModel } from './workflow.ts'

/** All models of DRP that Powerbus has, by prefix. */
export const models = {
  alerts: alertModel,
  bootenvs: bootEnvModel,
  contexts: contextModel,
  interfaces: interfaceModel,
  machines: machineModel,
  params: paramModel,
  plugins: pluginModel,
  plugin_providers: pluginProviderModel,
  preferences: preferenceModel,
  profiles: profileModel,
  roles: roleModel,
  stages: stageModel,
  tasks: taskModel,
  templates: templateModel,
  users: userModel,
  workflows: workflowModel,
} as const

export type ModelPrefix = keyof typeof models
