import type { BmcDriver } from '../driver.ts'

/** What mode ipmitool sends, for what it can do, in the specification's words, with network function and command. */
export const descriptions: Readonly<Partial<Record<Parameters<BmcDriver['describe']>[0], string>>> = {
  status: 'Get Chassis Status (00h 01h)',
  on: 'Chassis Control (00h 02h): 01h, power up',
  off: 'Chassis Control (00h 02h): 00h, power down',
  cycle: 'Chassis Control (00h 02h): 02h, power cycle',
  reset: 'Chassis Control (00h 02h): 03h, hard reset',
  diag: 'Chassis Control (00h 02h): 04h, diagnostic interrupt',
  soft: 'Chassis Control (00h 02h): 05h, soft shutdown by ACPI',
  getBoot: 'Get System Boot Options (00h 09h): parameter 5, boot flags',
  identify: 'Chassis Identify (00h 04h)',
  info: 'Get Device ID (06h 01h), Get System GUID (06h 37h)',
  sensors: 'Get SDR Repository Info (0Ah 20h), Get SDR (0Ah 23h), Get Sensor Reading (04h 2Dh) for each sensor',
  sel: 'Get SEL Entry (0Ah 43h) for each entry, Get SDR (0Ah 23h) for the names of sensors',
  clearSel: 'Reserve SEL (0Ah 42h), Clear SEL (0Ah 47h)',
  fru: 'Get SDR (0Ah 23h), Get FRU Inventory Area Info (0Ah 10h), Read FRU Data (0Ah 11h)',
  health:
    'Get Chassis Status (00h 01h), Get Self Test Results (06h 04h), Get System Restart Cause (00h 07h), and the sensors',
}
