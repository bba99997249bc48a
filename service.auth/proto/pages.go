package authproto

// SignUpPath is where the login door shows the page on which people apply for an account.
const SignUpPath = "/sign-up"
