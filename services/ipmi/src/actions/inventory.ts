import type { Action } from '@powerbus/plugin-sdk'
import { bmcAction } from './bmc-action.ts'
import type { Service } from './service.ts'

/** Result: BmcInfo of @powerbus/bmc-drivers, without the session's cipher suite. */
export function getInfo(service: Service): Action {
  return bmcAction(service, {
    name: 'getInfo',
    description: 'Read what the BMC and its machine are: firmware, manufacturer, product, GUID',
    needs: 'info',
    run: async (bmc, call) => {
      const { CipherSuite: _, ...info } = (await bmc.info?.(call)) ?? {}
      return info
    },
  })
}

/** Result: Health of @powerbus/bmc-drivers. */
export function status(service: Service): Action {
  return bmcAction(service, {
    name: 'status',
    description: 'Read how the machine is: power, self test of the BMC, faults, health of its parts',
    needs: 'health',
    run: async (bmc, call) => bmc.health?.(call),
  })
}

/** Result: `{"Sensors": [...]}`, each a Sensor of @powerbus/bmc-drivers. */
export function getSensors(service: Service): Action {
  return bmcAction(service, {
    name: 'getSensors',
    description: 'Read temperatures, fans, voltages and power',
    needs: 'sensors',
    budgetMs: 60_000,
    run: async (bmc, call) => ({ Sensors: await bmc.sensors?.(call) }),
  })
}

/** Result: `{"Parts": [...]}`, each a Fru of @powerbus/bmc-drivers. */
export function getFru(service: Service): Action {
  return bmcAction(service, {
    name: 'getFru',
    description: 'Read what boards and parts say of themselves: manufacturer, part number, serial number',
    needs: 'fru',
    budgetMs: 60_000,
    run: async (bmc, call) => ({ Parts: await bmc.fru?.(call) }),
  })
}

/** Result: the members of the BMC's inventory. Some BMCs take minutes to list it. */
export function getFirmwareInventories(service: Service): Action {
  return bmcAction(service, {
    name: 'getFirmwareInventories',
    description: 'Read the firmware of all parts, with versions',
    needs: 'firmware',
    budgetMs: 240_000,
    run: async (bmc, call) => bmc.firmware?.(call),
  })
}

/** Result: resources by path, as a mock-up server gives them out. */
export function getRedfishMockup(service: Service): Action {
  return bmcAction(service, {
    name: 'getRedfishMockup',
    description: 'Read all that the BMC shows, for tests; without secrets, serial numbers and hardware addresses',
    needs: 'mockup',
    budgetMs: 600_000,
    run: async (bmc, call) => bmc.mockup?.(call),
  })
}

/** Result: as the BMC gives it. */
export function getConsoleFacts(service: Service): Action {
  return bmcAction(service, {
    name: 'getConsoleFacts',
    description: "Read how the machine's console can be reached: serial over LAN, graphical, command shell",
    needs: 'consoleFacts',
    run: async (bmc, call) => bmc.consoleFacts?.(call),
  })
}
