import { content, documentation } from 'powerbus:content'
import { definePlugin, type Plugin } from '@powerbus/plugin-sdk'
import { bootActions } from './actions/boot.ts'
import { machinePowerActions, vmPowerActions } from './actions/power-actions.ts'
import { updatePxeAction } from './actions/update-pxe.ts'
import { createVmAction, destroyVmAction } from './actions/vm-actions.ts'
import { machineEvents } from './events/machine-events.ts'
import { configParams, metadataUrl, missing, problem, sos } from './params.ts'
import type { Surroundings } from './running.ts'
import { Service } from './service.ts'
import { statusApi } from './status-api.ts'

/** A plugin with its own Service. It sends nothing before config. */
export function packetIpmiPlugin(surroundings: Partial<Surroundings> = {}): Plugin {
  const service = new Service(surroundings)
  return definePlugin({
    name: 'packet-ipmi',
    title: 'Packet IPMI',
    description: 'Bare-metal machines of a cloud that speaks the Metal API',
    documentation,
    autoStart: false,
    needsApi: true,
    params: configParams,
    actions: [
      ...machinePowerActions(service),
      ...bootActions(service),
      updatePxeAction(service),
      createVmAction(service),
      ...vmPowerActions(service),
      destroyVmAction(service),
    ],
    extraParams: [metadataUrl, sos, missing, problem],
    content,
    meta: {
      Icon: 'rocket',
      Color: 'black',
      License: 'Apache-2.0',
      CodeSource: 'services/packet-ipmi',
      DocUrl: 'docs/packet-ipmi.md',
      Order: '2001',
      Tags: 'powerbus,oob,cloud,metal,ipmi,physical',
    },
    config: (context) => service.configure(context),
    events: machineEvents(service),
    api: (request) => statusApi(service, request),
    metrics: () => service.metrics(),
    stop: () => service.stop(),
  })
}
