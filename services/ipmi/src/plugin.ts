import { content, documentation } from 'powerbus:content'
import { bmcDrivers } from '@powerbus/bmc-drivers'
import { definePlugin, type Plugin } from '@powerbus/plugin-sdk'
import { bootActions, getBoot } from './actions/boot.ts'
import { identify } from './actions/identify.ts'
import {
  getConsoleFacts,
  getFirmwareInventories,
  getFru,
  getInfo,
  getRedfishMockup,
  getSensors,
  status,
} from './actions/inventory.ts'
import { clearSel, getSel } from './actions/log.ts'
import { mediaActions } from './actions/media.ts'
import { powerActions } from './actions/power.ts'
import { resetBios, resourceActions } from './actions/resources.ts'
import type { Service } from './actions/service.ts'
import { configureParams } from './configure-params.ts'
import { IdentifyEnds } from './identify-ends.ts'
import { machineParams } from './machine-params.ts'
import { stageParams } from './stage-params.ts'

/** The plugin with drivers of its own. Sends nothing until an action runs. */
export function ipmiPlugin(service: Service = { drivers: bmcDrivers() }): Plugin {
  const ends = new IdentifyEnds()
  return definePlugin({
    name: 'ipmi',
    title: 'IPMI',
    description: 'Power, boot and identity of machines through their BMCs',
    documentation,
    autoStart: true,
    params: [],
    actions: [
      ...powerActions(service),
      ...bootActions(service),
      getBoot(service),
      identify(service, ends),
      getInfo(service),
      status(service),
      ...resourceActions(service),
      getSensors(service),
      getSel(service),
      clearSel(service),
      getFru(service),
      ...mediaActions(service),
      getFirmwareInventories(service),
      resetBios(service),
      getRedfishMockup(service),
      getConsoleFacts(service),
    ],
    extraParams: [...machineParams, ...configureParams, ...stageParams],
    content,
    meta: {
      Icon: 'heartbeat',
      Color: 'blue',
      License: 'Apache-2.0',
      CodeSource: 'services/ipmi',
      DocUrl: 'docs/digital-rebar.md',
      Order: '2000',
      Tags: 'powerbus,hardware,oob,bmc,ipmi,physical',
    },
    metrics: () => service.drivers.metrics(),
    async config(context) {
      // The plugin powers machines without a store as well.
      await ends.resume(context).catch((error: unknown) => {
        context.backgroundLog.warn('identify lights of earlier processes are not known', { error: String(error) })
      })
    },
    stop: () => {
      ends.stop()
      return service.drivers.close()
    },
  })
}
