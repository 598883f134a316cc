import type { ContentFile } from '@powerbus/plugin-sdk'
import packetConsoleProfile from '../content/profiles/packet-console.yaml'
import packetDiscoverStage from '../content/stages/packet-discover.yaml'
import packetSshKeysStage from '../content/stages/packet-ssh-keys.yaml'
import packetConsoleTask from '../content/tasks/packet-console.yaml'
import packetDiscoverTask from '../content/tasks/packet-discover.yaml'
import packetSshKeysTask from '../content/tasks/packet-ssh-keys.yaml'
import packetConsoleTemplate from '../content/templates/packet-console.sh.tmpl'
import packetDiscoverTemplate from '../content/templates/packet-discover.sh.tmpl'
import packetSshKeysTemplate from '../content/templates/packet-ssh-keys.sh.tmpl'
import discoverPacket from '../content/workflows/discover-packet.yaml'

/** The files of `content/`, each under its path there. */
export const content: readonly ContentFile[] = [
  { path: 'profiles/packet-console.yaml', text: packetConsoleProfile },
  { path: 'stages/packet-discover.yaml', text: packetDiscoverStage },
  { path: 'stages/packet-ssh-keys.yaml', text: packetSshKeysStage },
  { path: 'tasks/packet-console.yaml', text: packetConsoleTask },
  { path: 'tasks/packet-discover.yaml', text: packetDiscoverTask },
  { path: 'tasks/packet-ssh-keys.yaml', text: packetSshKeysTask },
  { path: 'templates/packet-console.sh.tmpl', text: packetConsoleTemplate },
  { path: 'templates/packet-discover.sh.tmpl', text: packetDiscoverTemplate },
  { path: 'templates/packet-ssh-keys.sh.tmpl', text: packetSshKeysTemplate },
  { path: 'workflows/discover-packet.yaml', text: discoverPacket },
]
