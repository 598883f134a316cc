import { test } from 'tap'
import { childEnvironment } from '../../src/launch/child-environment.ts'

const addresses = { endpoint: 'https://127.0.0.1:8092', fileServer: 'https://127.0.0.1:8092/files', webRoot: '/files' }

test('a plugin gets nothing of our environment but what it needs', async (t) => {
  const own = {
    PATH: '/bin',
    HOME: '/home/x',
    LANG: 'C',
    NODE_EXTRA_CA_CERTS: '/etc/ca.pem',
    HTTPS_PROXY: 'http://user:word@proxy:3128',
    https_proxy: 'http://proxy:3128',
    no_proxy: 'corp.example',
    IPMI_PASSWORD: 'p',
    AWS_SECRET: 's',
    NODE_OPTIONS: '--inspect',
  }
  const environment = childEnvironment(addresses, 'token', own)
  t.same(Object.keys(environment).sort(), [
    'HOME',
    'HTTPS_PROXY',
    'LANG',
    'NODE_EXTRA_CA_CERTS',
    'PATH',
    'RS_ENDPOINT',
    'RS_FILESERVER',
    'RS_TOKEN',
    'RS_WEBROOT',
    'https_proxy',
    'no_proxy',
  ])
  t.match(environment, { HOME: '/home/x', RS_TOKEN: 'token', RS_ENDPOINT: addresses.endpoint, PATH: /^\/bin:/ })
})
