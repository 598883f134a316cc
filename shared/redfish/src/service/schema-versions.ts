/** Versions of the schemas whose properties the service shows: bundle 2025.4. */
const versions = {
  AccountService: 'v1_18_1',
  ActionInfo: 'v1_5_0',
  Bios: 'v1_2_3',
  BootOption: 'v1_0_6',
  Chassis: 'v1_28_0',
  ComputerSystem: 'v1_27_0',
  EnvironmentMetrics: 'v1_5_0',
  EthernetInterface: 'v1_12_4',
  EventDestination: 'v1_16_0',
  EventService: 'v1_12_0',
  Fan: 'v1_6_0',
  JsonSchemaFile: 'v1_1_5',
  LogEntry: 'v1_21_0',
  LogService: 'v1_8_0',
  Manager: 'v1_24_0',
  ManagerAccount: 'v1_14_1',
  ManagerNetworkProtocol: 'v1_12_0',
  Memory: 'v1_23_0',
  MessageRegistryFile: 'v1_1_5',
  Power: 'v1_7_3',
  PowerSubsystem: 'v1_1_3',
  PowerSupply: 'v1_6_0',
  Processor: 'v1_22_0',
  Role: 'v1_3_3',
  SecureBoot: 'v1_1_2',
  Sensor: 'v1_12_0',
  ServiceRoot: 'v1_20_0',
  Session: 'v1_8_0',
  SessionService: 'v1_2_0',
  SoftwareInventory: 'v1_13_0',
  Storage: 'v1_21_0',
  Task: 'v1_7_4',
  TaskService: 'v1_3_0',
  Thermal: 'v1_7_3',
  ThermalMetrics: 'v1_3_2',
  ThermalSubsystem: 'v1_5_0',
  UpdateService: 'v1_17_0',
  VirtualMedia: 'v1_6_5',
} as const

export type SchemaName = keyof typeof versions

/** Schemas of collections, which have no version. */
export const collectionKinds = [
  'Chassis',
  'BootOption',
  'ComputerSystem',
  'EthernetInterface',
  'EventDestination',
  'Fan',
  'JsonSchemaFile',
  'LogEntry',
  'LogService',
  'Manager',
  'ManagerAccount',
  'Memory',
  'MessageRegistryFile',
  'PowerSupply',
  'Processor',
  'Role',
  'Sensor',
  'Session',
  'SoftwareInventory',
  'Storage',
  'Task',
  'VirtualMedia',
] as const

export const schemaNames = Object.keys(versions) as SchemaName[]

/** `Name.v1_2_3`, the name of a schema file. */
export function schemaFile(name: SchemaName): string {
  return `${name}.${versions[name]}`
}

/** Type of a resource without its #. */
export function typeOf(name: SchemaName): string {
  return `${schemaFile(name)}.${name}`
}
