// What `npm run services` has started is there for `npm start`, too, unless the environment names another.
import { servicesEnvironment } from './services/environment.mjs'

const { COUCHDB_URL, STEMCELL_TEST_KUBECONFIG } = servicesEnvironment()
if (COUCHDB_URL) process.env.COUCHDB_URL ??= COUCHDB_URL
if (STEMCELL_TEST_KUBECONFIG) process.env.KUBECONFIG ??= STEMCELL_TEST_KUBECONFIG
