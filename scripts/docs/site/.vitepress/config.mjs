import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const built = fileURLToPath(new URL('../../../../.docs/', import.meta.url))
const guides = [
  ['Build a platform', 'platform-builder'],
  ['Write a scheduler', 'scheduler-author'],
  ['Compare schedulers', 'compare-schedulers'],
  ['Write an adapter', 'adapter-author'],
  ['Operate the server', 'operator'],
  ['Write actions', 'action-developer'],
  ['From OpenWhisk', 'from-openwhisk'],
  ['From OpenServerless', 'from-openserverless'],
].map(([text, name]) => ({ text, link: `/guides/${name}` }))
const pagesOf = (folder) =>
  readdirSync(join(built, 'pages', folder))
    .map((name) => name.replace(/\.md$/, ''))
    .map((name) => ({ text: name, link: `/${folder}/${name}` }))

export default {
  title: 'Stemcell',
  description: 'A serverless platform that speaks the interfaces of Apache OpenWhisk',
  srcDir: join(built, 'pages'),
  outDir: join(built, 'site'),
  cacheDir: join(built, 'cache'),
  cleanUrls: false,
  // A link to a page that is not there ends the build.
  ignoreDeadLinks: false,
  themeConfig: {
    search: { provider: 'local' },
    nav: [
      { text: 'Guides', link: '/guides/platform-builder' },
      { text: 'Reference', link: '/api/' },
      { text: 'Changelog', link: '/changelog' },
    ],
    sidebar: {
      '/api/': [{ text: 'Reference', items: [{ text: 'All packages', link: '/api/' }] }],
      '/': [
        { text: 'Guides', items: guides },
        {
          text: 'To look up',
          items: [
            { text: 'Errors', link: '/errors' },
            { text: 'Differences from OpenWhisk', link: '/differences' },
            { text: 'Glossary', link: '/glossary' },
            { text: 'Architecture', link: '/architecture' },
            { text: 'Why nothing is lost', link: '/conservation' },
            { text: 'Weak spots of OpenWhisk', link: '/openwhisk-weak-spots' },
            { text: 'Security', link: '/security' },
            { text: 'Reference of the types', link: '/api/' },
          ],
        },
        { text: 'Adapters', items: pagesOf('adapters') },
        { text: 'Packages', items: pagesOf('packages') },
      ],
    },
  },
}
