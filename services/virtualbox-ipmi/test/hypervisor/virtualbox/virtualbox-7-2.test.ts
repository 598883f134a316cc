import { fakeVBoxManage } from '@powerbus/testkit'
import { openVirtualBox } from '../../../src/hypervisor/virtualbox/virtualbox.ts'
import { hypervisorConformance } from '../conformance.ts'

hypervisorConformance('VirtualBox 7.2 on macOS', {
  prepare: (scope) => {
    const { environment } = fakeVBoxManage(scope, { version: '7.2', host: 'macos', startMs: 20, lockedMs: 100 })
    return async () => openVirtualBox({ environment })
  },
  networks: [{ kind: 'hostonlynet', name: 'HostNetwork' }, { kind: 'nat' }],
  hasGuest: true,
  differencesOnly: true,
})
