"""Logins of Django: simplejwt, its own login with session and CSRF, django-otp.

It listens on a free port of the loopback interface, says so in one line, and ends
when its standard input does, so that it never outlives the test that started it.
Its data is in the folder that it was started in.
"""

import os
import sys
import threading
from wsgiref.simple_server import WSGIRequestHandler, make_server

import django
from django.conf import settings

FORM = "<form method=post>{% csrf_token %}{{ form }}</form>"

settings.configure(
    SECRET_KEY="a key of this test alone, long enough for HS256",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django_otp",
        "django_otp.plugins.otp_totp",
        "rest_framework",
        "rest_framework_simplejwt.token_blacklist",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django_otp.middleware.OTPMiddleware",
    ],
    TEMPLATES=[{
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "OPTIONS": {"loaders": [("django.template.loaders.locmem.Loader", {"registration/login.html": FORM})]},
    }],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
    LOGGING_CONFIG=None,
    LOGOUT_REDIRECT_URL="/",
    SESSION_COOKIE_SECURE=True,  # as everywhere but on a developer's machine
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],  # the only account lives for seconds
    REST_FRAMEWORK={
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework_simplejwt.authentication.JWTAuthentication"],
        "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    },
)
django.setup()

# What follows needs the settings.
from django.contrib.auth import get_user_model, views  # noqa: E402
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.urls import path  # noqa: E402
from django_otp.plugins.otp_totp.models import TOTPDevice  # noqa: E402
from django_otp.views import LoginView as OTPLoginView  # noqa: E402
from rest_framework.permissions import IsAuthenticated  # noqa: E402
from rest_framework.response import Response  # noqa: E402
from rest_framework.views import APIView  # noqa: E402
from rest_framework_simplejwt.views import (  # noqa: E402
    TokenBlacklistView,
    TokenObtainPairView,
    TokenRefreshView,
    TokenVerifyView,
)


class Protected(APIView):
    """What the access token is for."""

    permission_classes = [IsAuthenticated]

    def get(self, request):
        return Response({"message": "hello"})


@login_required
def profile(request):
    """What the session is for."""
    return HttpResponse("hello", content_type="text/plain")


urlpatterns = [
    path("api/token/", TokenObtainPairView.as_view()),
    path("api/token/refresh/", TokenRefreshView.as_view()),
    path("api/token/verify/", TokenVerifyView.as_view()),
    path("api/token/blacklist/", TokenBlacklistView.as_view()),
    path("api/some-protected-view/", Protected.as_view()),
    path("accounts/login/", views.LoginView.as_view()),
    path("accounts/logout/", views.LogoutView.as_view()),
    path("accounts/profile/", profile),
    path("otp/login/", OTPLoginView.as_view()),
]


class Quiet(WSGIRequestHandler):
    def log_message(self, *_):
        """Say nothing of requests: they hold credentials."""


call_command("migrate", verbosity=0)
user = get_user_model().objects.create_user(os.environ["REAL_USERNAME"], password=os.environ["REAL_PASSWORD"])
TOTPDevice.objects.create(user=user, name="default", key=os.environ["REAL_TOTP_HEX"])
server = make_server("127.0.0.1", 0, get_wsgi_application(), handler_class=Quiet)
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
print(f"ready http://127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
