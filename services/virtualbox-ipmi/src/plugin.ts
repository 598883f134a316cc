import { content, documentation } from 'powerbus:content'
import { definePlugin, type Plugin } from '@powerbus/plugin-sdk'
import { bootActions } from './actions/boot.ts'
import { powerActions } from './actions/power.ts'
import { createVm, destroyVm, switchActions } from './actions/vm-actions.ts'
import { machineEvents } from './machines/machine-events.ts'
import { pluginParams } from './params.ts'
import { Service } from './service.ts'

/** The plugin. It touches no VM before its config. */
export function virtualboxPlugin(service = new Service()): Plugin {
  return definePlugin({
    name: 'virtualbox-ipmi',
    title: 'VirtualBox',
    description: 'VirtualBox VMs as machines, and as IPMI 2.0 BMCs',
    documentation,
    autoStart: false,
    needsApi: true,
    params: pluginParams,
    actions: [
      createVm(service),
      ...switchActions(service),
      destroyVm(service),
      ...powerActions(service),
      ...bootActions(service),
    ],
    meta: {
      Icon: 'list ul',
      Color: 'green',
      License: 'Apache-2.0',
      CodeSource: 'services/virtualbox-ipmi',
      DocUrl: 'docs/virtualbox-ipmi.md',
      Order: '2001',
      Tags: 'powerbus,oob,virtualbox,ipmi,virtual',
    },
    content,
    events: machineEvents(service),
    config: (context) => service.configure(context),
    metrics: () => service.metrics(),
    stop: () => service.stop(),
  })
}
