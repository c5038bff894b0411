/** @type {import("next").NextConfig} */
export default {
  distDir: "dist",
  poweredByHeader: false,
  serverExternalPackages: ["better-sqlite3"],
};
