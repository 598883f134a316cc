import type { ContentFile } from '@powerbus/plugin-sdk'
import virtualboxDiscoverStage from '../content/stages/virtualbox-discover.yaml'
import virtualboxOtherNicsStage from '../content/stages/virtualbox-other-nics.yaml'
import virtualboxDiscoverTask from '../content/tasks/virtualbox-discover.yaml'
import virtualboxOtherNicsTask from '../content/tasks/virtualbox-other-nics.yaml'
import virtualboxDiscoverTemplate from '../content/templates/virtualbox-discover.sh.tmpl'
import virtualboxOtherNicsTemplate from '../content/templates/virtualbox-other-nics.sh.tmpl'
import discoverVirtualbox from '../content/workflows/discover-virtualbox.yaml'

/** The files of `content/`, each under its path there. */
export const content: readonly ContentFile[] = [
  { path: 'stages/virtualbox-discover.yaml', text: virtualboxDiscoverStage },
  { path: 'stages/virtualbox-other-nics.yaml', text: virtualboxOtherNicsStage },
  { path: 'tasks/virtualbox-discover.yaml', text: virtualboxDiscoverTask },
  { path: 'tasks/virtualbox-other-nics.yaml', text: virtualboxOtherNicsTask },
  { path: 'templates/virtualbox-discover.sh.tmpl', text: virtualboxDiscoverTemplate },
  { path: 'templates/virtualbox-other-nics.sh.tmpl', text: virtualboxOtherNicsTemplate },
  { path: 'workflows/discover-virtualbox.yaml', text: discoverVirtualbox },
]
