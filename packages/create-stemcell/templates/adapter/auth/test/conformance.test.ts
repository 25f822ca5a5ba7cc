import { authKeyText, type Identity } from '@stemcell/core'
import { runAuthConformance } from '@stemcell/conformance/node-test'
import { capabilities, MyAuth } from '../src/index.js'

const user = ({ subject, namespace, authkey, limits }: Identity) => ({
  subject,
  namespace: namespace.name,
  auth: authKeyText(authkey),
  limits,
})

runAuthConformance('__NAME__', {
  capabilities,
  create: ({ one, two, limited, ambiguous }) => new MyAuth({ users: [one, two, limited, ...ambiguous].map(user) }),
})
