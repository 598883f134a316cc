import { fakeVBoxManage } from '@powerbus/testkit'
import { openVirtualBox } from '../../../src/hypervisor/virtualbox/virtualbox.ts'
import { hypervisorConformance } from '../conformance.ts'

hypervisorConformance('VirtualBox 6.1', {
  prepare: (scope) => {
    const { environment } = fakeVBoxManage(scope, { version: '6.1', startMs: 20, lockedMs: 100 })
    return async () => openVirtualBox({ environment })
  },
  hasGuest: true,
  differencesOnly: true,
})
