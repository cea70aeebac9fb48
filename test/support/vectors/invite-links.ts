/** Invites as links and what they say (ACC-47 to ACC-49). */
import { base32, sample } from './oracle.ts'

const code = `hi_${base32(sample('invite', 16))}`
const server = base32(sample('server of the invite', 32))
const nodeId = base32(sample('node of the invite', 32))
const addresses = ['/ip4/192.0.2.7/tcp/4001/p2p/12D3KooWA', '/dns4/home.example/tcp/4001']
const at = addresses.map((address) => `&at=${encodeURIComponent(address)}`).join('')
const whole = `${code}&server=${server}&node=${nodeId}${at}`
const home = { server, nodeId, addresses }

export const inviteLinkVectors = () => ({
  comment:
    'ACC-47 to ACC-49: an invite as text, and what it says. `written`: the text that comes of it again, with `base` before the #.',
  valid: [
    { text: code, link: { code, home: null } },
    { text: ` ${code}\n`, link: { code, home: null } },
    { text: `https://home.example/join#${code}`, link: { code, home: null }, base: 'https://home.example/join' },
    { text: `https://home.example:8443/join#${whole}`, link: { code, home }, base: 'https://home.example:8443/join' },
    { text: `hearth://join#${whole}`, link: { code, home }, base: 'hearth://join' },
    { text: `hearth://join/#${whole}&later=1`, link: { code, home } },
    {
      text: `hearth://join#${code}&node=${nodeId}&server=${server}&at=/ip4/1.2.3.4/tcp/1`,
      link: { code, home: { ...home, addresses: ['/ip4/1.2.3.4/tcp/1'] } },
    },
  ],
  invalid: [
    ['', 'nothing'],
    ['hi_short', 'a code that is too short'],
    [`ht${code.slice(2)}`, 'another kind of secret'],
    [`https://home.example/register#${code}`, 'another page'],
    [`ftp://home.example/join#${code}`, 'another scheme'],
    [`https://home.example/join?code=${code}`, 'the code where servers and logs see it'],
    [`hearth://join#server=${server}&${code}`, 'the code is not first'],
    [`hearth://join#${code}&server=${server}&node=${nodeId}`, 'no address'],
    [`hearth://join#${code}&server=${server}${at}`, 'no node'],
    [`hearth://join#${code}&node=${nodeId}${at}`, 'no server'],
    [`hearth://join#${whole}&node=${nodeId}`, 'two nodes'],
    [`hearth://join#${code}&server=${server}&node=${nodeId.toUpperCase()}${at}`, 'a node id in upper case'],
    [`hearth://join#${code}&server=${server}&node=${nodeId}&at=192.0.2.7:4001`, 'an address that is no multiaddr'],
    [`hearth://join#${code}&server=${server}&node=${nodeId}&at=%2`, 'a percent sign that stands for nothing'],
    [`hearth://join#${whole}${'&at=/ip4/1.2.3.4/tcp/1'.repeat(7)}`, 'nine addresses'],
  ].map(([text, why]) => ({ text, why })),
})
