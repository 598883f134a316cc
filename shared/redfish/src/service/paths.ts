/** Path of the service root, without the slash at its end. */
export const ROOT = '/redfish/v1'

export const paths = {
  systems: `${ROOT}/Systems`,
  chassis: `${ROOT}/Chassis`,
  managers: `${ROOT}/Managers`,
  sessionService: `${ROOT}/SessionService`,
  sessions: `${ROOT}/SessionService/Sessions`,
  accountService: `${ROOT}/AccountService`,
  accounts: `${ROOT}/AccountService/Accounts`,
  roles: `${ROOT}/AccountService/Roles`,
  eventService: `${ROOT}/EventService`,
  subscriptions: `${ROOT}/EventService/Subscriptions`,
  eventStream: `${ROOT}/EventService/SSE`,
  taskService: `${ROOT}/TaskService`,
  tasks: `${ROOT}/TaskService/Tasks`,
  taskMonitors: `${ROOT}/TaskService/TaskMonitors`,
  updateService: `${ROOT}/UpdateService`,
  firmware: `${ROOT}/UpdateService/FirmwareInventory`,
  registries: `${ROOT}/Registries`,
  schemas: `${ROOT}/JsonSchemas`,
} as const
