import type { BmcDriver } from '../driver.ts'

type Operation = Parameters<BmcDriver['describe']>[0]

/** What mode redfish sends, in the words of the standard. What this BMC lacks is found out when it is asked. */
export const descriptions: Readonly<Record<Operation, string>> = {
  status: 'GET the system: PowerState',
  on: 'POST ComputerSystem.Reset: ResetType On, else ForceOn',
  off: 'POST ComputerSystem.Reset: ResetType ForceOff',
  cycle: 'POST ComputerSystem.Reset: ResetType PowerCycle, else ForceOff, and On once it is off',
  reset: 'POST ComputerSystem.Reset: ResetType ForceRestart, or what the rules of this BMC say',
  diag: 'POST ComputerSystem.Reset: ResetType Nmi',
  soft: 'POST ComputerSystem.Reset: ResetType GracefulShutdown, else PushPowerButton',
  acCycle: "POST the vendor's own action that cuts standby power",
  getBoot: 'GET the system: Boot',
  identify: 'PATCH the system, else its chassis: LocationIndicatorActive, else IndicatorLED',
  info: 'GET the system and its manager',
  health: 'GET the system, its processors, memory, Ethernet ports and storage: Status',
  sensors: 'GET Sensors of the chassis, else ThermalSubsystem and PowerSubsystem, else Thermal and Power',
  sel: 'GET the LogService of the system event log, and its Entries',
  clearSel: 'POST LogService.ClearLog of the system event log',
  fru: 'GET the system, its chassis and their Assembly',
  mediaStatus: 'GET VirtualMedia of the system, else of its manager',
  mountMedia: 'POST VirtualMedia.InsertMedia of a drive for CDs or DVDs',
  unmountMedia: 'POST VirtualMedia.EjectMedia of each drive with an image',
  firmware: 'GET FirmwareInventory of the update service',
  resetBios: 'POST Bios.ResetBios',
  mockup: 'GET the service root, and each resource that a link leads to',
  consoleFacts: 'GET the system, its manager and NetworkProtocol',
  bios: 'GET Bios of the system',
  memory: 'GET Memory of the system, and its members',
  storage: 'GET Storage of the system, and its members',
  simpleStorage: 'GET SimpleStorage of the system, and its members',
  processor: 'GET Processors of the system, and their members',
  networkInterfaces: 'GET NetworkInterfaces of the system, and its members',
  ethernetInterfaces: 'GET EthernetInterfaces of the system, and its members',
  secureBoot: 'GET SecureBoot of the system',
}
